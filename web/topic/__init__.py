"""Completed orders out: the fulfilment feed, published to a topic of Kafka."""
