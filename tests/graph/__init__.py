"""Microsoft Graph's own published metadata, as the judge of what idcode's client sends and the practice tenant answers."""
