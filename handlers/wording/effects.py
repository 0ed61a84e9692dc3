"""What is missing, and what one more approval would do: said before anybody presses."""

from approvals.policy.model import Stage
from approvals.policy.words import missing_in_words, selectors_in_words
from approvals.requests import Request, votes_open
from approvals.telling.cards import Card
from approvals.times import in_words
from approvals.votes.tally import Tally
from handlers.wording import acting, itself
from handlers.wording.approvals import NOTHING, noun
from handlers.wording.several import Choice
from handlers.wording.text.lines import Line, series

LONG = 80
"""Characters of who must approve that a headline holds; the list of approvals says all of it."""

TOGETHER = 2
"""Stages that are open side by side and named in a headline one by one."""


def missing(tally: Tally) -> str:
    """Head a request that waits: `Needs security's signature, 1 of 2 done`."""
    places = tally.open_places
    if not places:
        return "Approved by enough people, being checked" if tally.stages else "Being checked"
    done = sum(len(stage.counted) for stage in tally.stages)
    needed = sum(stage.needed for stage in tally.stages)
    wanted = [_wanted(tally.said.stages[index], tally.stages[index].missing) for index in places]
    return f"Needs {series(wanted) if len(wanted) <= TOGETHER else _several(tally)}, {done} of {needed} done"


def _several(tally: Tally) -> str:
    count = sum(tally.stages[index].missing for index in tally.open_places)
    return f"{count} {'signatures' if tally.signs else 'approvals'}"


def says_all(tally: Tally) -> bool:
    """The headline says whose approvals are missing already, and nobody has approved."""
    if len(tally.stages) != 1 or tally.stages[0].counted or tally.stages[0].unknown:
        return False
    return len(selectors_in_words(tally.said.stages[0].approvers)) <= LONG


def _wanted(stage: Stage, count: int) -> str:
    what = "signature" if stage.sign else "approval"
    who = selectors_in_words(stage.approvers)
    several = f"{count} {what}s" if count > 1 else f"{'a' if stage.sign else 'an'} {what}"
    if len(who) > LONG:
        return several
    if count == 1 and len(stage.approvers) == 1 and not stage.approvers[0].startswith("domain:"):
        return f"{who}'s {what}"
    return f"{several} by {who}"


def effect(card: Card, *, chosen: Choice = "either") -> Line:
    """Say what pressing Approve does, for whoever's turn it is; empty where nobody can press it.

    `chosen` is for which calls a form is, where one call can be approved, or several.
    """
    places = card.tally.open_places
    if not votes_open(card.request) or not places or card.frozen is not None or card.too_long:
        return ()
    press = "Sign and approve" if card.tally.signs else "Approve"
    rest = _rest(card.tally)
    action = card.request.action
    verb = "grants" if action is None else "allows"
    verb = "approves" if card.request.approval_only else verb
    if rest:
        before = "after yours it still needs" if len(places) == 1 else "it needs, yours among them,"
        verb = "changes" if itself.asks(card.request) else verb
        return (f"{press} {verb} nothing yet: {before} {rest}.",)
    if card.may_need_more:
        return (f"{press} {verb} it as soon as what the policy has come to demand is met as well.",)
    if action is not None:
        return acting.effect(card.request, action, press, signs=card.tally.signs, chosen=chosen)
    return _grants(card.request, press)


def _grants(request: Request, press: str) -> Line:
    """What the last approval does: when the access, or the approval alone, begins, and how long it lasts."""
    terms, alone = request.terms, request.approval_only
    does, end = ("makes it stand", f" {NOTHING}") if alone else ("grants it", "")
    if terms.extends and terms.start is not None:
        return (
            f"{press} lets the {noun(request)} last until ",
            terms.start + terms.duration,
            " instead of ",
            terms.start,
            ".",
        )
    if terms.start is not None:
        late = ", or later if it is approved after that" if terms.start < terms.expires else ""
        return (f"{press} {does} from ", terms.start, f"{late}, for {in_words(terms.duration)}.{end}")
    lasts = f"until {in_words(terms.duration)} later (at the latest "
    return (f"{press} {does} at once, {lasts}", terms.expires + terms.duration, f").{end}")


def _rest(tally: Tally) -> str:
    """What is missing still when one more has approved in the open stage; where several are open, all of it."""
    places = tally.open_places
    less = len(places) == 1
    held = enumerate(zip(tally.said.stages, tally.stages, strict=True))
    left = [(index in places, stage, each.missing - (less and index in places)) for index, (stage, each) in held]
    said = [(here, missing_in_words(stage, missing=count)) for here, stage, count in left if count]
    now, later = [text for here, text in said if here], [text for here, text in said if not here]
    return ", then ".join(filter(None, (series(now), *later)))
