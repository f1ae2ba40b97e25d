"""Drafts the YAML of a source system from a sample of one of its files."""
