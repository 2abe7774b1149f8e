"""A report of a run for people without Multihot: one HTML file, or a PDF; numpy and Pillow, neither torch nor Qt."""
