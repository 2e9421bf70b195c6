"""Rows and labels out of step; the wrong target."""
