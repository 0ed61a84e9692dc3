"""A test mail, step by step: which one fails, and what to change."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid

from approvals.ports.messages import ChannelError
from approvals.refusals.errors import Unavailable
from handlers.channel import Checked, Outside
from handlers.mail.advice import advice
from handlers.mail.settings import MailSettings
from handlers.mail.sign_in import SignIn
from handlers.mail.smtp import Connection, Trouble

LONGEST = 30.0
"""Seconds that all of it may take."""

_NAMES = {
    "connect": "connect to {host} on port {port}",
    "sign-in": "sign in as {user}",
    "proof": "get what to sign in with",
    "send": "send a mail to {to}",
}


def trial(settings: MailSettings, outside: Outside, to: str, *, timeout: float = LONGEST) -> Iterator[Checked]:
    """Try everything that a mail needs, one step after the other, up to the first that fails.

    Without somebody it goes to, none is sent. All of it lasts `timeout` seconds at most.
    """
    sign_in = SignIn(settings, outside=outside)
    opened: list[Connection] = []
    steps: list[tuple[str, Callable[[], object]]] = [
        ("connect", lambda: opened.append(Connection(settings, outside.dial, timeout=timeout))),
    ]
    if settings.username:
        steps = [("proof", sign_in.proof.get), *steps, ("sign-in", lambda: sign_in(opened[0]))]
    if to:
        steps.append(("send", lambda: opened[0].submit(settings.sender, to, _mail(settings, to))))
    try:
        for name, act in steps:
            checked = _checked(settings, name, act, to=to)
            yield checked
            if checked.trouble:
                return
    finally:
        for connection in opened:
            connection.leave()


def _checked(settings: MailSettings, name: str, act: Callable[[], object], *, to: str) -> Checked:
    step = _NAMES[name].format(host=settings.host, port=settings.port, user=settings.username, to=to)
    try:
        act()
    except Trouble as trouble:
        return Checked(step=step, trouble=str(trouble), advice=advice(settings, trouble.step, str(trouble)))
    except (ChannelError, Unavailable) as error:
        # The step in brackets is the one of the protocol.
        said = str(error)
        at = said.partition("(")[2].partition(")")[0]
        return Checked(step=step, trouble=said, advice=advice(settings, at, said))
    return Checked(step=step)


def _mail(settings: MailSettings, to: str) -> bytes:
    made = EmailMessage(policy=SMTP)
    made["Subject"] = "Countersign: a test"
    made["From"] = Address(display_name=settings.sender_name, addr_spec=settings.sender)
    made["To"] = Address(addr_spec=to)
    made["Date"] = datetime.now(UTC)
    made["Message-ID"] = make_msgid(domain=settings.localhost)
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "All"
    made.set_content(
        "`countersign doctor mail` sent this as a test. Mail works, and nobody needs to do anything.\n"
    )
    return made.as_bytes()
