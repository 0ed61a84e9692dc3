"""The forms, as Block Kit views: request, remark, sign, deny, end. Ids are fixed: block id = action id."""

import msgspec

from approvals.cards import Card
from approvals.policy.access import JustificationRule
from approvals.policy.model import Entitlement
from approvals.policy.words import requirement_in_words
from approvals.requests import Already
from approvals.reviews import TYPED_LENGTH, says_something
from approvals.starting import scheduled
from approvals.targets import all_roles
from approvals.times import in_words
from handlers.slack.cards import above, below, whole
from handlers.slack.markup import Block, plain_text, sections
from handlers.slack.payloads import KEEP
from handlers.wording.already import you_asked, you_have
from handlers.wording.fields import USUAL_MEANING
from handlers.wording.starts import EXAMPLES
from handlers.wording.targets import role_lines, where_in_words
from handlers.wording.typed import one_line
from handlers.wording.views import view

OPTION = 75
OPTIONS = 100
"""Characters of an option and options of a list (docs.slack.dev, select menu)."""

NAME = 150
"""Characters of a printed name."""

_NAMED = "Held against the name of your account here. Another one is refused or noted, as the policy says."


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why what was typed for a field (`entitlement`, `start`, `duration` or `justification`) does not do."""

    field: str
    text: str


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody has typed already; the form opens with it, and says above each field what does not do.

    `already` is what they have of the entitlement.
    """

    entitlement: Entitlement | None = None
    start: str = ""
    duration: str = ""
    justification: str = ""
    problems: tuple[Problem, ...] = ()
    already: Already = Already()


def request_form(draft: Draft) -> Block:
    """The form in which somebody asks for access."""
    return {
        "type": "modal",
        "callback_id": "request",
        "title": plain_text("Request access", most=24),
        "submit": plain_text("Send request", most=24),
        "close": plain_text("Cancel", most=24),
        "blocks": [
            *_wrong(draft, "entitlement"),
            _entitlement(draft),
            *_about(draft.entitlement),
            *_already(draft.already),
            *_wrong(draft, "duration"),
            _duration(draft),
            *_wrong(draft, "start"),
            _start(draft),
            *_wrong(draft, "justification"),
            _justification(draft),
            _recorded(),
        ],
    }


def sign_form(card: Card, *, name: str = "") -> Block:
    """The same facts again, and the two things that a signature consists of (21 CFR 11.50).

    `name` is the account's own; somebody else's makes a signature that the policy refuses or has noted.
    """
    printed: Block = {"type": "plain_text_input", "action_id": "printed_name", "max_length": NAME}
    if says_something(name):
        printed["initial_value"] = one_line(name)[:NAME]
    meaning = {
        "type": "plain_text_input",
        "action_id": "meaning",
        "initial_value": USUAL_MEANING,
        "max_length": 300,
    }
    inputs = [
        _input("printed_name", "Your printed name", printed, hint=_NAMED),
        _input("meaning", "What your signature means", meaning),
        _comment(),
    ]
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
        return _deciding("end", "Revoke the approval", "Revoke it", asked, inputs, close="Keep it")
    verb = "Cancel" if scheduled(card.request) else "End"
    inputs = _reason(f"Why do you {verb.lower()} this access?", reader="Its holder")
    return _deciding("end", f"{verb} access", f"{verb} it", asked, inputs, close="Keep it")


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


def option(entitlement: Entitlement) -> Block:
    """One entry of the type-ahead list: the title above, the longest duration, resource and roles beneath."""
    roles = ", ".join(role.removeprefix("roles/") for role in all_roles(entitlement.targets))
    longest, where = in_words(entitlement.duration.max), where_in_words(entitlement.targets)
    return {
        "text": plain_text(entitlement.title, most=OPTION),
        "description": plain_text(f"At most {longest}, {where}: {roles}", most=OPTION),
        "value": entitlement.id,
    }


def _deciding(
    callback: str, title: str, submit: str, card: Card, inputs: list[Block], *, close: str = "Cancel"
) -> Block:
    shown = view(card)
    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": card.token,
        "title": plain_text(title, most=24),
        "submit": plain_text(submit, most=24),
        "close": plain_text(close, most=24),
        "blocks": [*above(shown, deciding=callback in ("sign", "remark")), *inputs, *below(shown)],
    }


def _reason(question: str, *, reader: str) -> list[Block]:
    text = {"type": "plain_text_input", "action_id": "reason", "multiline": True, "max_length": TYPED_LENGTH}
    hint = f"{reader} reads it, as does whoever opens the card's details. It is kept."
    return [_input("reason", question, text, hint=hint)]


def _comment() -> Block:
    text = {"type": "plain_text_input", "action_id": "comment", "multiline": True, "max_length": TYPED_LENGTH}
    hint = "Whoever sees the request reads it. It is kept."
    return _input("comment", "What do you add?", text, hint=hint) | {"optional": True}


def _entitlement(draft: Draft) -> Block:
    select: Block = {
        "type": "external_select",
        "action_id": "entitlement",
        "min_query_length": 0,
        "placeholder": plain_text("Type to search", most=150),
    }
    if draft.entitlement is not None:
        select["initial_option"] = option(draft.entitlement)
    # A choice is told at once, so that the form can say what is known of it.
    return _input("entitlement", "What do you need?", select) | {"dispatch_action": True}


def _about(chosen: Entitlement | None) -> list[Block]:
    if chosen is None:
        return []
    who = ", ".join(requirement_in_words(chosen.requirement))
    text = f"{_capital(where_in_words(chosen.targets))}. Approval by {who}."
    return [*_given(chosen), {"type": "context", "elements": [plain_text(text, most=500)]}]


def _given(chosen: Entitlement) -> list[Block]:
    """All that a bundle gives, and where."""
    return sections(role_lines(chosen.targets)) if len(chosen.targets) > 1 else []


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _already(found: Already) -> list[Block]:
    """What the person has of what was chosen, and where a request for it waits, whether that is to go."""
    said = [you_have(found.active)] if found.active is not None else []
    if found.waits is None:
        return sections(said)
    return [*sections([*said, you_asked(found.waits)]), _keep_or_replace(found.waits.id)]


def _keep_or_replace(older: str) -> Block:
    keep: Block = {"text": plain_text("Keep it: both requests wait", most=OPTION), "value": KEEP}
    text = plain_text(f"Replace it: {older} is withdrawn once this is sent", most=OPTION)
    choice = {
        "type": "radio_buttons",
        "action_id": "older",
        "options": [keep, {"text": text, "value": older}],
        "initial_option": keep,
    }
    # Slack may carry a choice over to a block of the same id, and this choice is about this request alone.
    return _input(f"older:{older}", "What about the one that waits?", choice)


def _duration(draft: Draft) -> Block:
    text: Block = {
        "type": "plain_text_input",
        "action_id": "duration",
        "max_length": 60,
        "placeholder": plain_text("for example 90m, 1h30m, 2 hours or until 17:00", most=150),
    }
    if draft.duration:
        text["initial_value"] = draft.duration[:60]
    return _input("duration", "For how long?", text, hint=_durations(draft.entitlement)) | {"optional": True}


def _start(draft: Draft) -> Block:
    text: Block = {
        "type": "plain_text_input",
        "action_id": "start",
        "max_length": 60,
        "placeholder": plain_text(f"for example {EXAMPLES}", most=150),
    }
    if draft.start:
        text["initial_value"] = draft.start[:60]
    hint = "Left empty, as soon as it is approved. By the clocks of your time zone in Slack."
    return _input("start", "When should it begin?", text, hint=hint) | {"optional": True}


def _durations(chosen: Entitlement | None) -> str:
    if chosen is None:
        return "Left empty, it is the usual time for what you chose."
    return f"Left empty, it is {in_words(chosen.duration.default)}. At most {in_words(chosen.duration.max)}."


def _justification(draft: Draft) -> Block:
    text: Block = {
        "type": "plain_text_input",
        "action_id": "justification",
        "multiline": True,
        "max_length": TYPED_LENGTH,
        "placeholder": plain_text(
            "Be specific. Everybody who sees the card reads this, and it is kept. No secrets.", most=150
        ),
    }
    if draft.justification:
        text["initial_value"] = draft.justification[:TYPED_LENGTH]
    return _input("justification", "Why do you need it?", text, hint=_rule(draft.entitlement))


def _rule(chosen: Entitlement | None) -> str:
    rule = chosen.justification if chosen is not None else JustificationRule()
    return rule.hint or (f"It must match {rule.pattern}" if rule.pattern else "")


def _wrong(draft: Draft, field: str) -> list[Block]:
    return [
        {"type": "section", "text": plain_text(problem.text, most=2900)}
        for problem in draft.problems
        if problem.field == field
    ]


def _recorded() -> Block:
    text = "Your request, every decision on it and the access that follows are recorded."
    return {"type": "context", "elements": [plain_text(text, most=200)]}


def _input(block_id: str, label: str, element: Block, *, hint: str = "") -> Block:
    block = {"type": "input", "block_id": block_id, "label": plain_text(label, most=200), "element": element}
    return block | ({"hint": plain_text(hint, most=200)} if hint else {})
