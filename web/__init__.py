"""The server: takes records in, keeps what the flow made of them, and shows it live."""
