"""What turns a feature map into logits, one file each."""
