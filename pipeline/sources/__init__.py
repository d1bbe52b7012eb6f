"""Readers of files and databases, strict casts, and the accounting of every record."""
