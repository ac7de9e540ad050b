"""What a person starts, tried as a person starts it."""
