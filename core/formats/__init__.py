"""Reading and writing annotations in other programs' formats."""
