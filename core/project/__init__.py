"""The project folder: its database, edits, splits, snapshots and runs."""
