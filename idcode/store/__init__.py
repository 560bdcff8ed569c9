"""History: runs, their journal of intents and outcomes, and who is writing now."""
