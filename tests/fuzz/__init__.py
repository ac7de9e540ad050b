"""The API, fuzzed by what it says of itself."""
