#!/bin/sh
# Receives each new password as one JSON object on standard input: address, dn, sAMAccountName, password and more, and
# ends with 0 only when the password is safely where it belongs. This one appends it to a file that only you can read:
# good enough for a test, and for nothing else. CHANGE: hand it to your vault.
set -eu
umask 077
cat >> "$HOME/idcode-passwords.jsonl"
