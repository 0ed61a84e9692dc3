"""Whose turn it is: worked out when a stage opens, kept, and told once."""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from approvals.judging.case import Case
from approvals.people.principals import ours
from approvals.policy.model import Stage, approvers
from approvals.policy.selectors import is_quiet, people
from approvals.policy.stages import may_approve
from approvals.reconcile.emergencies import review_turn
from approvals.refusals.errors import NotFound, Refused, Unavailable
from approvals.requests import owners, votes_open

MOST = 20
"""So many people are told by name; of more, nobody, and the message says whom to tell."""

LISTED = 3
"""Directory groups that are listed for one stage."""

_SILENT = timedelta(minutes=1)
_log = logging.getLogger(__name__)


class Rolls(Protocol):
    """Lists directory groups, where that can be had."""

    def members(self, group: str, *, most: int, timeout: float) -> frozenset[str]:
        """The addresses of everybody in a directory group, nested groups included.

        Raises `Unavailable` where that cannot be known now, `NotFound` where there is no such group to see, and
        `Refused` with code `unlisted` where there are more than `most` or this directory does not list them.
        """


class Roll(msgspec.Struct, frozen=True, kw_only=True):
    """Who is told that a stage of a revision is open. `whole`: that is everybody whose turn it is.

    `further` are told since, for others have left or are back; `away` is what the function said at the last look.
    `again`: the directory did not answer, and is asked once more then: of an emergency everybody is to hear, and
    so is who is asked since others have left or are back.
    """

    stage: int
    people: tuple[str, ...]
    whole: bool
    revision: int = 1
    further: tuple[str, ...] = ()
    away: str = ""
    again: datetime | None = None


class Addressed(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets a letter of a stage, and the selectors among its approvers whose people could not be had.

    `more`: so many others have their turn as well. `again`: the directory did not answer, and is asked again then.
    `away` as in a roll.
    """

    people: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    more: int = 0
    again: datetime | None = None
    away: str = ""


class Turn(msgspec.Struct, frozen=True):
    """What is open: its place, all of the stages side by side, and those of them that wait for somebody."""

    place: int
    step: tuple[Stage, ...]
    stages: tuple[Stage, ...]


def open_turn(case: Case) -> Turn | None:
    """Whose turn it is to vote, by the place of their stages, or to review an emergency; None: nobody's."""
    shown, step = case.shown, case.shown.open_step
    if votes_open(case.request) and step:
        return Turn(step.start, shown.requirement.stages[step.start : step.stop], shown.open_stages)
    review = review_turn(case)
    return None if review is None else Turn(review[0], (review[1],), (review[1],))


def stage_key(case: Case) -> str:
    """Name what is open by its place and what it asks; empty where nobody's turn it is.

    Stages that are open side by side are one, however many of them are met.
    """
    found = open_turn(case)
    if found is None:
        return ""
    revision = case.request.revision
    # The first one is not named, as 0.1.0 did not.
    later = f"r{revision}." if revision > 1 else ""
    return f"{later}{found.place}.{hashlib.sha256(b''.join(map(_said, found.step))).hexdigest()[:12]}"


def _said(stage: Stage) -> bytes:
    """What a stage asks, without what it could not say once: whoever was told of it then was told of it."""
    said = msgspec.structs.asdict(stage)
    return msgspec.json.encode({name: value for name, value in said.items() if value or name not in _NEWER})


_NEWER = frozenset({"order", "not_same"})


def asked_now(case: Case) -> tuple[Stage, ...]:
    """The stages whose people are asked; the first where nobody's turn it is."""
    found = open_turn(case)
    return found.stages if found is not None else case.shown.requirement.stages[:1]


def roll(case: Case, rolls: Rolls, *, told: Iterable[Roll], waits: bool, timeout: float) -> Roll:
    """Work out whom to tell: never the requester, nobody who has voted, nobody who was told of this stage.

    `waits`: a directory that does not answer is asked again in any case, and not only of an emergency.
    """
    turn = open_turn(case)
    index = turn.place if turn is not None else 0
    found, unknown, silent = _whose_turn(case, rolls, timeout)
    revision = case.request.revision
    same = [each for each in told if (each.stage, each.revision) == (index, revision)]
    before = {person for earlier in same for person in (*earlier.people, *earlier.further)}
    chosen = tuple(sorted(found - before - left_out(case)))
    # Of an emergency everybody is told who can be listed.
    emergency = case.request.after_review is not None
    named = len(chosen) <= MOST or emergency
    return Roll(
        stage=index,
        people=chosen if named else (),
        whole=not unknown and named,
        revision=revision,
        away=away(case),
        again=case.now + _SILENT if silent and (emergency or waits) else None,
    )


def addressed(case: Case, rolls: Rolls, *, timeout: float, again: datetime) -> Addressed:
    """Work out who gets a letter of the open stage. `again` is when a directory that is silent is asked anew."""
    found, unknown, silent = _whose_turn(case, rolls, timeout)
    chosen = tuple(sorted(found - left_out(case)))
    return Addressed(
        people=chosen[:MOST],
        unknown=unknown,
        more=len(chosen[MOST:]),
        again=again if silent else None,
        away=away(case),
    )


def away(case: Case) -> str:
    """Name who of those that are asked is away, and who stands in; empty where nobody is."""
    lasting = case.rights.delegations.lasting(asked_now(case))
    said = "\n".join(sorted(f"{each.person} {each.delegate}" for each in lasting))
    return hashlib.sha256(said.encode()).hexdigest()[:12] if said else ""


def _whose_turn(case: Case, rolls: Rolls, timeout: float) -> tuple[set[str], tuple[str, ...], bool]:
    """The people of the open stages, each once, and the rest as `everybody` says it.

    Whoever is away is not asked: who stands in is, though they would be asked for nothing themselves.
    """
    found, unknown, silent = everybody(case, approvers(asked_now(case)), rolls, timeout)
    found -= _quiet(case, found)
    asked = case.rights.delegations.instead(asked_now(case), (who for who in found if may(case, who)))
    return asked, unknown, silent


def everybody(
    case: Case, selected: Sequence[str], rolls: Rolls, timeout: float
) -> tuple[set[str], tuple[str, ...], bool]:
    """The people who are selected, the selectors whose people are not known, and whether that is for now only."""
    named = people(case.policy, selected)
    groups = [who for who in named.others if who.startswith("group:")]
    found, unknown, silent = set(named.known), set(named.others) - set(groups[:LISTED]), False
    for group in groups[:LISTED]:
        try:
            members = rolls.members(group.removeprefix("group:"), most=2 * MOST, timeout=timeout / LISTED)
        except (Unavailable, NotFound, Refused) as error:
            if not isinstance(error, Refused):
                _log.warning("%s: %s cannot be listed: %s", case.request.id, group, error)
            unknown.add(group)
            silent = silent or isinstance(error, Unavailable)
            continue
        found |= set(ours(members, case.policy.identity))
    return found, tuple(who for who in named.others if who in unknown), silent


def may(case: Case, person: str) -> bool:
    """Whether this person is asked, unless it is known already that their approval would not count."""
    known, asking = case.evidence.memberships, case.rights.asking
    return any(
        may_approve(case.policy, stage, person, asking=asking, memberships=known) != "no"
        for stage in asked_now(case)
    )


def _quiet(case: Case, found: Iterable[str]) -> set[str]:
    """Who of these may approve, and is asked for nothing. Of an emergency everybody hears."""
    if case.request.after_review is not None:
        return set()
    return {who for who in found if is_quiet(case.policy, case.request.terms.entitlement, who)}


def left_out(case: Case) -> set[str]:
    """Who is asked for nothing: the requester, who owns a service account that is it, and whoever has voted.

    So is who counts as one with somebody who has.
    """
    primary = case.policy.identity.primary
    request = case.request
    barred = {primary(request.requester), *owners(request, case.policy.identity)}
    voted = {primary(who) for review in request.reviews for who in (review.person, *review.beside)}
    now = {who for review in request.reviews for who in case.rights.delegations.beside(primary(review.person))}
    return {*barred, *voted, *now}
