"""Using an exported model; needs neither torch nor Qt."""
