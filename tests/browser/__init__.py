"""The page in a real browser, its server played by the tests."""
