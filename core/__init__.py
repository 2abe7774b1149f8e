"""Multihot's library: everything but the window."""
