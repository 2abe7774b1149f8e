"""The image files of a project: found, watched, known again."""
