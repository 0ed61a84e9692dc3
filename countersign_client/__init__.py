"""What other programs need to call Countersign, and to check its evidence by themselves.

It needs cryptography, msgspec and rfc8785, and google-auth to sign in as a service account. Where keyring
is installed it keeps what people sign in with.
"""
