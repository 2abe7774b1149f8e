"""What a project knows by now."""
