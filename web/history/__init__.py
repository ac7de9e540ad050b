"""Figures over time: what went on in the last ten minutes, hour and day, over restarts."""
