"""Recipes: backbone, head, loss, schedule, augmentation and size under one name."""
