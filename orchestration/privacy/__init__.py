"""Keeps people unnamed: hashes, looks of identifiers, and forgetting."""
