"""What must hold of labels."""
