"""What is known of a label, and how it is changed."""
