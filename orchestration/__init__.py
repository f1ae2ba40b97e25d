"""The daily job: exports in, audited release out."""
