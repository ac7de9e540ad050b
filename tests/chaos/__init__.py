"""The crash laboratory: the real program under load, killed again and again, held to the oracle."""
