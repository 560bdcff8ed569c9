"""Microsoft Graph as a client needs it: credentials, paging, batches, throttling."""
