"""Faults of the machine, each met by the real program: told clearly, and nothing lost."""
