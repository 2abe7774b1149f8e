"""The SQLite file of a project: opened, migrated, backed up, read beside another program."""
