"""Jobs: long work in a child process whose whole interface is a folder."""
