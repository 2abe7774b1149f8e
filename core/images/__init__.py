"""Decoding, preparing and thumbnailing of images."""
