"""Mails about what belongs to no request: news, and calls to a drill."""

from datetime import datetime
from email.message import EmailMessage

import msgspec

from approvals.drills import Drill
from approvals.telling.news import News
from handlers.links import drill_link
from handlers.mail.letters import addressed, drawn, filled, in_text, message_id
from handlers.mail.settings import MailSettings
from handlers.wording.drills import BUTTON, ON_PAGE, call
from handlers.wording.mails import NO_REPLY
from handlers.wording.news import Words, words


def told(found: News, *, to: str, settings: MailSettings, now: datetime) -> EmailMessage:
    """Compose the mail. The same news to the same person are the same mail, however often it is sent."""
    return composed(words(found), to=to, name=msgspec.json.encode(found).decode(), settings=settings, now=now)


def called(drill: Drill, *, to: str, settings: MailSettings, now: datetime) -> EmailMessage:
    """Compose the call to a drill, which leads to the page on which it is answered."""
    lead, why = call(drill)
    link = drill_link(settings.pages_url, drill.id)
    said = Words(lead=lead, advice=(*why, ON_PAGE))
    return composed(said, to=to, name=drill.id, settings=settings, now=now, link=link, button=BUTTON)


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
