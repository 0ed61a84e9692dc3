"""The forms of decisions and ends, as Block Kit views. Ids are fixed: block id = action id."""

import msgspec

from approvals.reviews import TYPED_LENGTH, says_something
from approvals.starting import scheduled
from approvals.telling.cards import Card
from handlers.slack.cards import above, below, whole
from handlers.slack.inputs import labelled
from handlers.slack.markup import Block, plain_text
from handlers.wording.actions import revoke
from handlers.wording.approvals import noun
from handlers.wording.effects import effect
from handlers.wording.refusing.fields import USUAL_MEANING
from handlers.wording.several import Choice, offered
from handlers.wording.text.typed import one_line
from handlers.wording.views import view

NAME = 150
"""Characters of a printed name."""

_NAMED = "Held against the name of your account here. Another one is refused or noted, as the policy says."


def sign_form(card: Card, *, name: str = "", several: bool = False) -> Block:
    """The same facts again, and the two things that a signature consists of (21 CFR 11.50).

    `name` is the account's own; somebody else's makes a signature that the policy refuses or has noted. `several`:
    it is given for as many calls as are offered.
    """
    printed: Block = {"type": "plain_text_input", "action_id": "printed_name", "max_length": NAME}
    if says_something(name):
        printed["initial_value"] = one_line(name)[:NAME]
    meaning = {
        "type": "plain_text_input",
        "action_id": "meaning",
        "initial_value": f"I approve {offered(card.request)}." if several else USUAL_MEANING,
        "max_length": 300,
    }
    inputs = [
        labelled("printed_name", "Your printed name", printed, hint=_NAMED),
        labelled("meaning", "What your signature means", meaning),
        _comment(),
    ]
    if several:
        return _deciding("sign_several", "Sign for several calls", "Sign for all", card, inputs)
    return _deciding("sign", "Sign and approve", "Sign", card, inputs)


def remark_form(card: Card) -> Block:
    """The same facts again, and what an approver adds to the approval."""
    return _deciding("remark", "Approve with a comment", "Approve", card, [_comment()])


def deny_form(card: Card) -> Block:
    """The same facts again, and the reason that the requester will read."""
    inputs = _reason("Why do you deny this?", reader="The requester")
    return _deciding("deny", "Deny request", "Deny", card, inputs)


def end_form(card: Card) -> Block:
    """The reason for ending the access of somebody else, or an approval, which its holder will read."""
    asked = msgspec.structs.replace(card, token=card.request.id)
    if card.request.action is not None:
        inputs = _reason("Why do you revoke this approval?", reader="Its holder")
        ends = revoke(card.request)
        asks = [{"type": "section", "text": plain_text(ends.question.text, most=2900)}] if ends.question else []
        return _deciding("end", ends.text, "Revoke it", asked, [*asks, *inputs], close="Keep it")
    verb = "Cancel" if scheduled(card.request) else "End"
    what = noun(card.request)
    inputs = _reason(f"Why do you {verb.lower()} this {what}?", reader="Its holder")
    return _deciding("end", f"{verb} {what}", f"{verb} it", asked, inputs, close="Keep it")


def details_view(card: Card) -> Block:
    """Everything about a request whose card says it in two lines."""
    return {
        "type": "modal",
        "title": plain_text("Request", most=24),
        "close": plain_text("Close", most=24),
        "blocks": whole(view(card)),
    }


def notice_view(text: str) -> Block:
    """A form's place taken by one message."""
    return {
        "type": "modal",
        "title": plain_text("Countersign", most=24),
        "close": plain_text("Close", most=24),
        "blocks": [{"type": "section", "text": plain_text(text, most=2900)}],
    }


def _deciding(
    callback: str, title: str, submit: str, card: Card, inputs: list[Block], *, close: str = "Cancel"
) -> Block:
    chosen: Choice = "several" if callback == "sign_several" else "one"
    shown = msgspec.structs.replace(view(card), effect=effect(card, chosen=chosen))
    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": card.token,
        "title": plain_text(title, most=24),
        "submit": plain_text(submit, most=24),
        "close": plain_text(close, most=24),
        "blocks": [*above(shown, deciding=callback in ("sign", "sign_several", "remark")), *inputs, *below(shown)],
    }


def _reason(question: str, *, reader: str) -> list[Block]:
    text = {"type": "plain_text_input", "action_id": "reason", "multiline": True, "max_length": TYPED_LENGTH}
    hint = f"{reader} reads it, as does whoever opens the card's details. It is kept."
    return [labelled("reason", question, text, hint=hint)]


def _comment() -> Block:
    text = {"type": "plain_text_input", "action_id": "comment", "multiline": True, "max_length": TYPED_LENGTH}
    hint = "Whoever sees the request reads it. It is kept."
    return labelled("comment", "What do you add?", text, hint=hint) | {"optional": True}
