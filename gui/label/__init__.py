"""The Label workspace."""
