"""Asking because of a message: its menu opens the form, with what it says and where it stands as the reason."""

from typing import Any

from approvals.reviews import TYPED_LENGTH
from approvals.uses import Uses
from handlers.deadline import left
from handlers.slack import grammar, orders
from handlers.slack.answers import Ack
from handlers.slack.authentication import LOOK_UP
from handlers.slack.drafts import Draft
from handlers.slack.invocations import Invocation
from handlers.slack.listeners import Listeners
from handlers.slack.payloads import Malformed, Payload, read
from handlers.slack.responder import Responder
from handlers.slack.workspace import Workspace
from handlers.wording.refusing.refusals import Said
from handlers.wording.text.typed import clean, clip

_OWN = "This message is the app's own. Choose the message that tells why you need access."


def register(
    listeners: Listeners, responder: Responder, uses: Uses, workspace: Workspace, *, command: str
) -> None:
    """Connect the shortcut `ask_because`."""

    @listeners.shortcut("ask_because")
    def ask_because(ack: Ack, body: dict[str, Any]) -> None:
        payload, now = read(body), responder.clock()
        identity = responder.authentication.identify(payload, purpose="request", now=now)
        draft = Draft(justification=_reason(payload, workspace))
        asked = Invocation(
            responder=responder, uses=uses, payload=payload, identity=identity, now=now, command=command
        )
        orders.opened(asked, draft)
        ack()


def _reason(payload: Payload, workspace: Workspace) -> str:
    """What the message says, as far as there is room, and its address on a line of its own.

    It stands in the form's field for the person to change, and counts as typed by them.
    """
    message = payload.message
    if message is None or not message.ts or payload.channel is None:
        raise Malformed("a shortcut without its message")
    if message.app_id and message.app_id == payload.api_app_id:
        raise Said("message", _OWN)
    link = workspace.home(timeout=left(LOOK_UP)).address(payload.channel.id, message.ts, thread=message.thread_ts)
    text = clip(clean(grammar.typed(message.text)).strip(), max(0, TYPED_LENGTH - len(link) - 1))
    return f"{text}\n{link}".strip()
