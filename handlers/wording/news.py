"""What people read of news that belong to no request."""

from approvals.news import Forced
from handlers.wording.lines import Code, Exact, Fact, Line, Quoted, names
from handlers.wording.typed import clip, one_line

_MOST, _LONGEST = 20, 200
"""Differences that one message names, and the characters of each: Slack's messages have an end."""

_TEXT = 500


def lead(found: Forced) -> Line:
    """What has happened, in one sentence."""
    return ("🚨 A looser policy was put in force by break-glass: nobody accepted it.",)


def facts(found: Forced) -> tuple[Fact, ...]:
    """Who did it, when, why, and which policy it is."""
    return (
        Fact(label="By", value=(names((found.by,)),)),
        Fact(label="When", value=(Exact(found.at),)),
        Fact(label="Why", value=(Quoted(clip(one_line(found.why.text), _TEXT)),)),
        Fact(label="Policy", value=(_short(found.digest), " instead of ", _short(found.in_force))),
        Fact(label="Read from", value=(Quoted(clip(found.source, _LONGEST)),)),
    )


def differences(found: Forced) -> tuple[Line, ...]:
    """In what it is other, and how many lines more there are."""
    shown = [(Quoted(clip(each, _LONGEST)),) for each in found.differences[:_MOST]]
    more = len(found.differences) - _MOST
    left = [(f"and {more} more: `countersign policy lint --against` with both files says all of it",)]
    return (*shown, *(left if more > 0 else ()))


def advice(found: Forced) -> Line:
    """What can be done about it."""
    return (
        "The audit has it as ",
        Code("policy.forced"),
        ". If this should not have been, put the file from before back in its place.",
    )


def _short(digest: str) -> Code:
    return Code(digest.removeprefix("sha256:")[:8])
