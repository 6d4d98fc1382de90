"""Who may sign in and what they may do: staff, portal users, roles, sessions."""
