"""Runs of idcode on a real domain while something goes wrong around them."""
