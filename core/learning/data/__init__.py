"""Images and targets as tensors."""
