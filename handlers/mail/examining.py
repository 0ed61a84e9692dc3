"""Mail looks at itself: the server lets us in, and nothing is sent."""

from collections.abc import Iterator

from approvals.ports.examining import Diagnosis, found
from handlers.channel import Looked
from handlers.mail.settings import MailSettings
from handlers.mail.trial import trial

PART = "mail"


def look(settings: MailSettings, looked: Looked) -> Iterator[Diagnosis]:
    """Connect and sign in; whether a mail arrives is known once one is sent."""
    where = f"{settings.host} on port {settings.port}"
    for checked in trial(settings, looked.outside, "", timeout=looked.timeout * 0.9):
        if checked.trouble:
            facts = {"step": checked.step, "said": checked.trouble, "advice": checked.advice}
            yield found(PART, "wrong", "mail.refused", **facts)
            return
    yield found(
        PART, "ok", "mail.signed_in" if settings.username else "mail.ok", where=where, user=settings.username
    )
    if not settings.encrypted:
        yield found(PART, "warning", "mail.plain", where=where)
