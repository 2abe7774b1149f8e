"""What the open project is made of, one layer upon the other."""
