"""What comes in, and how fast it goes on to the flow."""
