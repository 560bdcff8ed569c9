"""Identity as code for Active Directory and Microsoft Entra ID.

The rooms, in the order a request walks through them: ``config`` and ``sources`` read, ``sync`` computes
the desired state, ``plan`` turns the difference to the live directories into ordered batches, ``apply``
writes them through ``directories`` and keeps the journal in ``store``; ``report`` renders, ``cli`` composes.
``model`` is the vocabulary they share.
"""

__version__ = "0.1.0"
