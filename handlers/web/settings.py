"""The pages' variables of the environment."""

from collections.abc import Collection

import msgspec

from handlers.channel import Values
from handlers.identity.iap import KEYS_URL, audience
from handlers.settings import Variable, url


class WebSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the pages are, whose assertions count there, and by whose keys. Without audiences none is served."""

    pages_url: str
    audiences: tuple[str, ...]
    keys_url: str


def _audiences(text: str) -> tuple[str, ...]:
    return tuple(audience(each.strip()) for each in text.split(",") if each.strip())


VARIABLES = (
    Variable(
        name="IAP_AUDIENCE",
        doc=(
            "Whose assertions of Identity-Aware Proxy count: audiences with commas between them. Cloud Run:"
            " `/projects/NUMBER/locations/REGION/services/SERVICE`; a load balancer:"
            " `/projects/NUMBER/global/backendServices/ID`, or a region in the place of `global`; App Engine:"
            " `/projects/NUMBER/apps/PROJECT_ID`. Required where pages are served."
        ),
        parse=_audiences,
    ),
    Variable(
        name="IAP_JWKS_URL",
        doc="Keys in the place of Identity-Aware Proxy's own. Needs `COUNTERSIGN_SANDBOX=1`.",
        parse=url,
    ),
)


_FOR_A_SANDBOX = "Unset it, or set COUNTERSIGN_SANDBOX=1 for a sandbox."
_WHERE = (
    "Set where people reach the pages, such as https://countersign.example.com, or unset IAP_AUDIENCE and"
    " COUNTERSIGN_ROUTES."
)
_WHOSE = (
    "Set the audience that the page of Identity-Aware Proxy in the Cloud console shows, or set"
    " COUNTERSIGN_ROUTES=public where this service has no pages."
)


def weak(values: Values) -> list[str]:
    """What weakens trust."""
    if values["IAP_JWKS_URL"]:
        return [f"IAP_JWKS_URL: it replaces the keys of Identity-Aware Proxy. {_FOR_A_SANDBOX}"]
    return []


def missing(values: Values, wrong: Collection[str]) -> list[str]:
    """Say what is missing. Without an audience everybody's assertions would count, so nothing starts."""
    pages = values["COUNTERSIGN_PAGES_URL"] or "COUNTERSIGN_PAGES_URL" in wrong
    routes = values["COUNTERSIGN_ROUTES"]
    given = values["IAP_AUDIENCE"] or "IAP_AUDIENCE" in wrong
    problems = []
    if not pages and (given or routes == "pages"):
        problems.append(f"COUNTERSIGN_PAGES_URL: it is missing. {_WHERE}")
    if not given and (routes == "pages" or (pages and routes != "public")):
        problems.append(f"IAP_AUDIENCE: it is missing, and pages are served. {_WHOSE}")
    return problems


def read(values: Values) -> WebSettings | None:
    """None where there are no pages. A service without pages of its own counts what was decided on another's."""
    if not values["COUNTERSIGN_PAGES_URL"]:
        return None
    return WebSettings(
        pages_url=values["COUNTERSIGN_PAGES_URL"],
        audiences=values["IAP_AUDIENCE"] or (),
        keys_url=values["IAP_JWKS_URL"] or KEYS_URL,
    )
