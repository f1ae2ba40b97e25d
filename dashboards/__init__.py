"""Pages that show a release to people: offline, from it alone, in three languages."""
