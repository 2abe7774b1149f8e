"""The images of Label: the grid, one large, some side by side."""
