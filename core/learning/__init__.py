"""Everything that needs torch; imported in child processes only."""
