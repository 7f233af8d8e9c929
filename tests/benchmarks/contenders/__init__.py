"""What users would pick instead: each the same `echo`, as its own documentation would have it served."""
