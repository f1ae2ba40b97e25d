"""Workbooks (.xlsx, .xlsm, .xlsb, .xls, .ods), read in a process of their own."""
