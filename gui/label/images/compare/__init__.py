"""Some images side by side."""
