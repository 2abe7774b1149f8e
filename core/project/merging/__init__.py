"""Joining another copy of a project."""
