"""What keys and clicks do to the chosen images."""
