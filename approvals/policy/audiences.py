"""Whom assertions of Google's Identity-Aware Proxy are for, as Google writes it ("Verifying the JWT payload")."""

from countersign_client.patterns import Pattern

PROXY = "https://cloud.google.com/iap"
"""Who issues them."""

_NUMBER = r"[1-9][0-9]{0,19}"
_REGION = r"[a-z]+-[a-z]+[0-9]{1,2}"
_AUDIENCE = Pattern(
    rf"/projects/{_NUMBER}/(?:"
    r"apps/(?:[a-z0-9.-]{1,63}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]"
    rf"|(?:global|{_REGION})/backendServices/{_NUMBER}"
    rf"|locations/{_REGION}/services/[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?"
    r")"
)

FORMS = (
    "/projects/NUMBER/locations/REGION/services/SERVICE (Cloud Run),"
    " /projects/NUMBER/global/backendServices/ID or /projects/NUMBER/REGION/backendServices/ID (load balancer),"
    " or /projects/NUMBER/apps/PROJECT_ID (App Engine)"
)


def is_backend(audience: str) -> bool:
    """Say whether an audience has one of the documented forms: no assertion is ever for another one."""
    return _AUDIENCE.fullmatch(audience) is not None
