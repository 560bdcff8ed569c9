"""Active Directory over LDAP."""
