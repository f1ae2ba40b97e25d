"""The subcommands of ``warehouse``, by topic."""
