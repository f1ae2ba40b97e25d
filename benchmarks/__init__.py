"""Measures of speed and memory, beside the limit and beside what others do."""
