"""What the tests share: the oracle, the running program, streams, played ends."""
