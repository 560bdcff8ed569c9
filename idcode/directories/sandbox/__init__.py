"""A practice domain: Active Directory's rules over a local file, for trying out and for planning on saved reads."""
