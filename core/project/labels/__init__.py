"""What holds of the labels of a project."""
