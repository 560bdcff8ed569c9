"""What goes wrong in the middle of a run, on real servers."""
