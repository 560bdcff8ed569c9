"""Rule tests: what is given, what becomes of it, and whether that is what was expected."""
