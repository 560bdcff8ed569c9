"""Checks that need more than one key or file: references, expressions, dependencies."""
