"""What people read of their own absence, and of those for whom they stand in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from approvals.people.standins import Absence
from approvals.policy.words import selectors_in_words
from approvals.times import in_words
from approvals.uses.standing_in import Own
from handlers.wording.dates import shown
from handlers.wording.text.typed import clip

_STILL = (
    "Nobody does that in your place: you are still asked for it. If you cannot do it, tell them: they can name"
    " somebody else."
)

EXAMPLE = "until friday 9:00 to bob@example.com"
"""What somebody writes behind a command; elsewhere each part of it stands alone."""


def left(absence: Absence, zone: ZoneInfo) -> str:
    """Say what was understood, and what it means."""
    return (
        f"You are away until {shown(absence.until, zone)}, and {absence.delegate} stands in for you: they can"
        " approve what you could, and you two count as one person. They are asked in your place until then. What"
        " they may not decide, and emergencies, which are reviewed in person, you are still asked for."
    )


def unread(text: str, zone: ZoneInfo, command: str) -> str:
    """Say that no moment was understood."""
    typed = f"“{clip(text, 60)}” is no time that is understood here. " if text.strip() else "Until when? "
    example = f"{command} away {EXAMPLE}" if command else "friday 9:00"
    return f"{typed}Write for example {example}, or a date such as 2026-12-04 17:00, by the clocks of {zone.key}."


def nobody(until: datetime | None, zone: ZoneInfo, command: str) -> str:
    """Say that nobody was named, and what was understood of the time."""
    when = f" until {shown(until, zone)}" if until is not None else ""
    return f"Who stands in for you{when}? Say it by address: {_named(command)}. Nothing was changed."


def no_address(text: str, command: str) -> str:
    """Say that whoever was named, by a name or a mention, was not named by an address."""
    return (
        f"“{clip(text, 60)}” is no whole address, and a name or a mention does not say for certain who"
        f" is meant: write for example {_named(command)}. Nothing was changed."
    )


def who_can(delegates: tuple[str, ...]) -> str:
    """Say who may stand in for others; nothing where nobody may."""
    return f"By the policy {selectors_in_words(delegates)} can stand in for others." if delegates else ""


def _named(command: str) -> str:
    return f"{command} away {EXAMPLE}" if command else "bob@example.com"


def returned(absence: Absence) -> str:
    return f"Welcome back. {absence.delegate} does not stand in for you any more."


def how(command: str) -> str:
    """What somebody types to be away."""
    return f"To have somebody stand in for you, write for example {command} away {EXAMPLE}."


def how_back(command: str) -> str:
    return f"Once you are back, write {command} back."


def standing(own: Own, zone: ZoneInfo) -> Sequence[str]:
    """How it is for one person now."""
    said = [left(own.absence, zone)] if own.absence is not None else ["You are not away."]
    said += [f"You stand in for {each.person} until {shown(each.until, zone)}." for each in own.by]
    return [*said, _STILL] if own.absence is not None and own.by else said


def no_delegate(*, person: str, approvers: tuple[str, ...]) -> str:
    return f"{person} may not stand in for others. By the policy {selectors_in_words(approvers)} can."


def no_time_away(*, longest: int) -> str:
    return f"Name a time that is still to come, at most {in_words(timedelta(seconds=longest))} from now."


def away_too(*, person: str) -> str:
    return f"{person} is away as well, and nobody stands in for somebody who is stood in for. Name somebody else."


def one_person(*, person: str) -> str:
    return (
        f"{person} has decided on this already, and one of you stands in for the other: together you count as one"
        " person. Somebody else must decide as well."
    )
