"""The labels of a project: their list, their editor, their rules."""
