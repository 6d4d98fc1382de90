"""The `leora` command: one file per command group."""
