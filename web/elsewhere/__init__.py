"""Workers of the flow on other machines: the agents that start them, seen from both ends."""
