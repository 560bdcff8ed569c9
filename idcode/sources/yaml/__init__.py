"""People kept in YAML files of the repository."""
