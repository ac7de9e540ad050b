"""What HTTP adds: pages, files, limits, and the API."""
