"""From records to the desired state: a chain of stages, each a pure function over plain relations.

``programs`` compiles the rules, ``gather`` reads sources and directories, ``identities`` joins records to
people, ``links`` finds their objects, ``lifecycle`` their stage, ``unique`` their names, ``flows`` the wanted
attributes, ``containers`` and ``membership`` the declared objects; ``engine`` runs the chain and ``explain``
tells why.
"""
