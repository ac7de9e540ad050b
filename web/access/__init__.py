"""Who may come in: tokens, sessions, what a proxy says, the names of this server. No HTTP in it."""
