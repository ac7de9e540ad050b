"""The whole program beside a broker: what it reads, loses, and goes on without."""
