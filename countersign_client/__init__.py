"""What other programs need to call Countersign, and to check its evidence by themselves.

It needs cryptography, msgspec, pyjwt and rfc8785; google-auth to sign in as a service account; and uses keyring, where it
is installed, for people.
"""
