"""The front door: HTTP, the operation's context, health, the explorer page."""
