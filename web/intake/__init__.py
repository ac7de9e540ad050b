"""What comes in: read as what it holds, kept durably, and released to the flow in time."""
