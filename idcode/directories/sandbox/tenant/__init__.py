"""An Entra tenant to practise on, with the Microsoft Graph API as its door."""
