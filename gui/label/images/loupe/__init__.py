"""One image, large."""
