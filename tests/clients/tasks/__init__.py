"""Tasks (SEP-2663), as clients go through them that are not ours."""
