"""Microsoft Entra ID: settings only; reading and writing come with the Graph client."""
