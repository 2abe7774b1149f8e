"""Many images at once, and in a strip."""
