"""Read-only systems that are authoritative for some attributes: records and a proof of completeness."""
