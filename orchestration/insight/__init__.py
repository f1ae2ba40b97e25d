"""Models that score customers: trained, validated and applied inside the daily job."""
