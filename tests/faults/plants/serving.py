"""Skewed serving, drift, schema changes."""
