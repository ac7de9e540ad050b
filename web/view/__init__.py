"""The read model: how it is written, read, and asked for."""
