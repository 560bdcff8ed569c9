"""The user's YAML files: loaded with positions, validated, and turned into models."""
