"""The command line: thin commands over the other rooms, and the one place where everything is put together."""
