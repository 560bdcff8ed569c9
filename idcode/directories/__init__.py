"""Live directories behind one port; each adapter is a folder of its own."""
