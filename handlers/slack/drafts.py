"""The form in which somebody asks for access, as a Block Kit view. Ids are fixed: block id = action id."""

import msgspec

from approvals.already import Already
from approvals.policy.access import JustificationRule
from approvals.policy.model import Entitlement
from approvals.policy.stages import others
from approvals.policy.words import requirement_in_words
from approvals.reviews import TYPED_LENGTH
from approvals.targets import all_roles
from approvals.times import in_words
from handlers.slack.inputs import Problem, labelled, wrong
from handlers.slack.markup import Block, plain_text, sections
from handlers.slack.payloads import KEEP
from handlers.wording.already import you_asked, you_have
from handlers.wording.reading.starts import EXAMPLES
from handlers.wording.roles import short_role
from handlers.wording.targets import apart, conditions, role_lines, where_in_words

OPTION = 75
OPTIONS = 100
"""Characters of an option and options of a list (docs.slack.dev, select menu)."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody has typed already; the form opens with it, and says above each field what does not do.

    `already` is what they have of the entitlement; `who` is whoever types, whom nothing needs approve.
    """

    entitlement: Entitlement | None = None
    start: str = ""
    duration: str = ""
    justification: str = ""
    problems: tuple[Problem, ...] = ()
    already: Already = Already()
    who: str = ""


def request_form(draft: Draft, *, zone: str) -> Block:
    """The form in which somebody asks for access. Times are read by the clocks of `zone`."""
    return {
        "type": "modal",
        "callback_id": "request",
        "title": plain_text("Request access", most=24),
        "submit": plain_text("Send request", most=24),
        "close": plain_text("Cancel", most=24),
        "blocks": [
            *wrong(draft.problems, "entitlement"),
            _entitlement(draft),
            *_about(draft.entitlement, draft.who),
            *_already(draft.already),
            *wrong(draft.problems, "duration"),
            _duration(draft),
            *wrong(draft.problems, "start"),
            _start(draft, zone),
            *wrong(draft.problems, "justification"),
            _justification(draft),
            _recorded(),
        ],
    }


def option(entitlement: Entitlement) -> Block:
    """One entry of the type-ahead list: the title above, the longest duration, resource and roles beneath.

    Or the condition: the title of what IAM offers says the rest.
    """
    roles = ", ".join(short_role(role) for role in all_roles(entitlement.targets))
    longest, where = in_words(entitlement.duration.max), where_in_words(entitlement.targets)
    gives = f"{where}: {roles}" if roles else where
    narrowed = apart(entitlement)
    return {
        "text": plain_text(entitlement.title, most=OPTION),
        "description": plain_text(_capital(narrowed) or f"At most {longest}, {gives}", most=OPTION),
        "value": entitlement.id,
    }


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
    return labelled("entitlement", "What do you need?", select) | {"dispatch_action": True}


def _about(chosen: Entitlement | None, asking: str) -> list[Block]:
    if chosen is None:
        return []
    who = ", ".join(requirement_in_words(others(chosen.requirement, (asking,))))
    text = f"{_capital(where_in_words(chosen.targets))}. Approval by {who}."
    narrowed = [plain_text(f"{title}: {rule}", most=500) for title, rule in conditions(chosen.targets)]
    said = [plain_text(text, most=500), *narrowed]
    return [*_given(chosen), *({"type": "context", "elements": [each]} for each in said)]


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
    return labelled(f"older:{older}", "What about the one that waits?", choice)


def _duration(draft: Draft) -> Block:
    text: Block = {
        "type": "plain_text_input",
        "action_id": "duration",
        "max_length": 60,
        "placeholder": plain_text("for example 90m, 1h30m, 2 hours or until 17:00", most=150),
    }
    if draft.duration:
        text["initial_value"] = draft.duration[:60]
    return labelled("duration", "For how long?", text, hint=_durations(draft.entitlement)) | {"optional": True}


def _start(draft: Draft, zone: str) -> Block:
    text: Block = {
        "type": "plain_text_input",
        "action_id": "start",
        "max_length": 60,
        "placeholder": plain_text(f"for example {EXAMPLES}", most=150),
    }
    if draft.start:
        text["initial_value"] = draft.start[:60]
    hint = f"Left empty, as soon as it is approved. Times are read by the clocks of {zone}."
    return labelled("start", "When should it begin?", text, hint=hint) | {"optional": True}


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
    return labelled("justification", "Why do you need it?", text, hint=_rule(draft.entitlement))


def _rule(chosen: Entitlement | None) -> str:
    rule = chosen.justification if chosen is not None else JustificationRule()
    return rule.hint or (f"It must match {rule.pattern}" if rule.pattern else "")


def _recorded() -> Block:
    text = "Your request, every decision on it and what follows are recorded."
    return {"type": "context", "elements": [plain_text(text, most=200)]}
