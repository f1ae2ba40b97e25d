"""The current release, served from PostgreSQL too."""
