"""Multihot's window."""
