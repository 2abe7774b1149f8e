"""Small parts that two workspaces or more use."""
