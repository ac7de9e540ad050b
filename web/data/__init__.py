"""The data folder: its generations, where everything in them lies, and what is made durable."""
