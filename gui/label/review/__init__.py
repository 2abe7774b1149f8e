"""Going over images: their state and facts, queues and statistics."""
