"""Which images are seen: the line of the filter and what helps to write it."""
