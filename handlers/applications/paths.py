"""Where applications call."""

OWN = "/v1/"
"""The first part of the addresses of our own API."""

CONFIGURATION = "/.well-known/authzen-configuration"

AUTHZEN = ("/access/", CONFIGURATION)
"""AuthZEN's addresses, or the first part of them, as `Served` has them."""

PATHS = (OWN, *AUTHZEN)
