"""Who calls: principals, tokens, passwords, sessions, permission resolution."""
