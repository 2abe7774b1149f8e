"""The labels beside the images."""
