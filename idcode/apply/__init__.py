"""Plans become writes: checked again, journalled, sent, settled, verified; and the inverse of a run."""
