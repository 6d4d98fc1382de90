"""What `scripts/bench` runs: the gateway beside hand-written SQL and PostGraphile, on one database."""
