"""Mails about what belongs to no request: news, and calls to a drill."""

from datetime import datetime
from email.message import EmailMessage

import msgspec

from approvals.news import News
from handlers.mail.letters import NO_REPLY, addressed, drawn, filled, in_text, message_id
from handlers.mail.settings import MailSettings
from handlers.wording.news import Words, words


def told(found: News, *, to: str, settings: MailSettings, now: datetime) -> EmailMessage:
    """Compose the mail. The same news to the same person are the same mail, however often it is sent."""
    return composed(words(found), to=to, name=msgspec.json.encode(found).decode(), settings=settings, now=now)


def composed(
    said: Words, *, to: str, name: str, settings: MailSettings, now: datetime, link: str = "", button: str = ""
) -> EmailMessage:
    """A mail that says this, with a link where there is one. `name` is the same for the same mail."""
    subject = in_text(said.lead, settings.timezone)
    made = addressed(subject, to=to, settings=settings, now=now)
    made["Message-ID"] = message_id(settings, "news", f"{name} {to}")
    given = {"words": said, "title": subject, "link": link, "button": button, "no_reply": NO_REPLY}
    filled(made, drawn("news", given, settings=settings))
    return made
