"""The models of every file of a repository (DESIGN.md, section 4): the user's contract."""
