"""The parts put together: what one server keeps running."""
