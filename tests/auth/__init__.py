"""Signing in, row by row of the table of faults."""
