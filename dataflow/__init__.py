"""The stream: from a line of JSON to a change of a cart, recoverable, and free of the web."""
