"""From the files that arrive to the raw tables."""
