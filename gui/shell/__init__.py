"""What stands around the workspaces: rail, status bar, welcome, palette, dialogs."""
