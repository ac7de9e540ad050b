"""Measurements that are started by hand: ``python -m tests.bench throughput``."""
