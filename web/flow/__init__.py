"""The flow as the server sees it: its state, its process, what it publishes."""
