"""Losses with a known mask, one file each."""
