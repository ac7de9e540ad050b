"""What a person starts: the command line, and what each of its commands does."""
