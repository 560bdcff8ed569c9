#!/bin/sh
# Receives each new password as one JSON object on standard input: address, dn, sAMAccountName, password and more.
# A real one hands the password to a vault or prints a letter, and ends with 0 only when that is safely done.
# This one forgets it and notes whose it was.
set -eu
umask 077
mkdir -p .demo
sed -n 's/.*"sAMAccountName": *"\([^"]*\)".*/\1/p' >> .demo/delivered.txt
