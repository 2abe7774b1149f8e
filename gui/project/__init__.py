"""Windows about a project as a whole: bringing annotations in and out, versions, merging, rescue."""
