"""A private Samba AD domain for tests, benchmarks and the demonstration; see ``samba.py``."""

from tests.lab.samba import Domain, SambaLab, available

__all__ = ["Domain", "SambaLab", "available"]
