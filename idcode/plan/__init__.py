"""From differences to an ordered, guarded, reversible plan, and plans as files."""
