"""What people read of news that belong to no request."""

import msgspec

from approvals.telling.news import Forced, News, StandsIn, StandsInNoMore
from handlers.wording.text.lines import Code, Exact, Fact, Line, Quoted, Strong, names
from handlers.wording.text.typed import clip, one_line

_MOST, _LONGEST = 20, 200
"""Differences that one message names, and the characters of each: Slack's messages have an end."""

_TEXT = 500


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What has happened, in one sentence; what is known of it; what can be done about it, or what follows."""

    lead: Line
    facts: tuple[Fact, ...] = ()
    lines: tuple[Line, ...] = ()
    advice: Line


def words(found: News) -> Words:
    """All that is said of it."""
    if isinstance(found, StandsIn):
        until: Line = ("You stand in for ", names((found.person,)), " until ", found.until, ".")
        return Words(lead=until, advice=(_STANDS_IN,))
    if isinstance(found, StandsInNoMore):
        return Words(lead=("You no longer stand in for ", names((found.person,)), "."), advice=(_NO_MORE,))
    lead = (Strong("🚨 A looser policy was put in force by break-glass: nobody accepted it."),)
    return Words(lead=lead, facts=_facts(found), lines=_differences(found), advice=_advice(found))


_STANDS_IN = (
    "They are away and have named you. You can approve what they could, you are asked in their place, and you two"
    " count as one person. If you cannot do it, tell them: they can name somebody else."
)
_NO_MORE = (
    "Nothing is asked of you in their place any more. What you approved for them and is not decided yet needs"
    " somebody else's approval."
)


def _facts(found: Forced) -> tuple[Fact, ...]:
    """Who did it, when, why, and which policy it is."""
    return (
        Fact(label="By", value=(names((found.by,)),)),
        Fact(label="When", value=(Exact(found.at),)),
        Fact(label="Why", value=(Quoted(clip(one_line(found.why.text), _TEXT)),)),
        Fact(label="Policy", value=(_short(found.digest), " instead of ", _short(found.in_force))),
        Fact(label="Read from", value=(Quoted(clip(found.source, _LONGEST)),)),
    )


def _differences(found: Forced) -> tuple[Line, ...]:
    """In what it is other, and how many lines more there are."""
    shown = [(Quoted(clip(each, _LONGEST)),) for each in found.differences[:_MOST]]
    more = len(found.differences) - _MOST
    left = [(f"and {more} more: `countersign policy lint --against` with both files says all of it",)]
    return (*shown, *(left if more > 0 else ()))


def _advice(found: Forced) -> Line:
    """What can be done about it."""
    return (
        "The audit has it as ",
        Code("policy.forced"),
        ". If this should not have been, put the file from before back in its place.",
    )


def _short(digest: str) -> Code:
    return Code(digest.removeprefix("sha256:")[:8])
