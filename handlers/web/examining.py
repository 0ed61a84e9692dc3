"""The pages look at themselves: whose assertions count, and whether the keys are there that verify them.

The form of an audience was judged with the settings.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from approvals.ports.examining import Diagnosis, found
from approvals.refusals.errors import Unavailable
from handlers.channel import Looked
from handlers.identity.keys import PublishedKeys
from handlers.web.settings import WebSettings

PART = "pages"


def look(settings: WebSettings, looked: Looked) -> Iterator[Diagnosis]:
    """Say of a service that has pages whether people can be let in."""
    if not settings.audiences:
        yield found(PART, "ok", "pages.elsewhere", url=settings.pages_url)
        return
    named = ", ".join(settings.audiences)
    services = {_service(audience) for audience in settings.audiences}
    if looked.service and "" not in services and looked.service not in services:
        yield found(PART, "wrong", "pages.service", service=looked.service, audience=named)
    try:
        PublishedKeys(settings.keys_url, send=looked.outside.send, clock=lambda: datetime.now(UTC)).require()
    except Unavailable as error:
        yield found(PART, "unknown", "pages.keys", said=error)
    else:
        yield found(PART, "ok", "pages.ok", audience=named)


def _service(audience: str) -> str:
    """The service of Cloud Run that an audience is for; empty for one behind a load balancer or of App Engine."""
    return audience.partition("/services/")[2]
