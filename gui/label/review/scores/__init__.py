"""What a run says of the images."""
