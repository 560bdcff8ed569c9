"""Renderers: pure functions from plans, diagnostics, runs and explanations to text, Markdown and HTML."""
