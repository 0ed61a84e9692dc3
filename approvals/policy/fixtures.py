"""Cases of a policy: who asks for what and when, and what is to come of it. The gate's answer is found.

Nothing is looked up: who is in a directory group the file says, and whoever it says nothing of is unknown.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import yaml

from approvals.people.memberships import Memberships
from approvals.people.principals import principal
from approvals.policy.acting import offer
from approvals.policy.action_cases import CASE, ActionCase, Written, action_case, is_of_action
from approvals.policy.evaluate import Ask, evaluate
from approvals.policy.expecting import OF_ACTION, OF_ENTITLEMENT, UNKNOWN, Expected, Outcome, expected, texts
from approvals.policy.model import Entitlement, Policy, Requirement
from approvals.policy.offered_cases import Offers, is_of_iam, is_stated, meant, with_offer
from approvals.policy.offered_cases import offered as stated_in
from approvals.policy.reading.composing import compose
from approvals.policy.reading.document import PolicyError, Reader, shown
from approvals.policy.reading.keys import Keys
from approvals.policy.reading.values import duration
from approvals.policy.selectors import people
from approvals.policy.stages import may_approve
from approvals.policy.tools import CallWindow
from approvals.policy.words import no_moment, requirement_in_words
from approvals.refusals.errors import Refused, Unavailable
from approvals.times import MomentError, parse_moment

_FILE = Keys(known=("policy", "groups", "eligible", "cases"), required=("cases",))
_CASE = Keys(known=("who", "what", "at", "for", "why", *OF_ENTITLEMENT), required=("who", "what"))


class Fixture(msgspec.Struct, frozen=True, kw_only=True):
    """One case, at its line. `at` is as it was written: the policy says in which time zone."""

    line: int
    ask: Ask | ActionCase
    who: str
    at: str
    expected: Expected

    def __str__(self) -> str:
        """Who asks for what, before what is other than expected."""
        if isinstance(self.ask, Ask):
            return f"{self.who} asks for {self.ask.entitlement}"
        return f"{self.ask.call.application} asks for {self.ask.call.action}, on behalf of {self.who}"


class Fixtures(msgspec.Struct, frozen=True, kw_only=True):
    """A file of cases, with the policy beside it. `groups` are those of the directory; `offered` is what IAM would
    offer by the bindings that the file states."""

    policy: Policy
    groups: Mapping[str, frozenset[str]]
    cases: tuple[Fixture, ...]
    offered: tuple[Entitlement, ...] = ()


def read(
    text: bytes, *, source: str, beside: Callable[[str], Policy], written: Written, offers: Offers
) -> Fixtures:
    """Read a file of cases. `beside` reads the policy of a path beside it, `written` the value of a parameter, and
    `offers` says what IAM offers by bindings.

    Raises `PolicyError` with every problem at once.
    """
    reader = Reader(source)
    node = compose(text, reader)
    fields = (reader.mapping(node, "the file", _FILE) if node is not None else None) or {}
    if node is not None:
        reader.required(node, fields, "the file", *_FILE.required)
    groups = dict(_groups(reader, fields["groups"])) if "groups" in fields else {}
    items = (reader.items(fields["cases"], "cases") or ()) if "cases" in fields else ()
    path = reader.string(fields["policy"], "policy") if "policy" in fields else "policy.yaml"
    if path is None or node is None:
        raise PolicyError(reader.problems)
    policy = beside(path)
    stated = stated_in(reader, fields["eligible"], policy, offers) if "eligible" in fields else ()
    cases = [_case(reader, item, policy, written, stated) for item in items]
    if reader.problems:
        raise PolicyError(reader.problems)
    kept = tuple(case for case in cases if case is not None)
    return Fixtures(policy=policy, groups=groups, cases=kept, offered=stated)


def _groups(reader: Reader, node: yaml.Node) -> Iterator[tuple[str, frozenset[str]]]:
    for name, (_, members) in (reader.entries(node, "groups") or {}).items():
        yield name.lower(), frozenset(each.lower() for each in texts(reader, members, f"group {name}"))


def _case(
    reader: Reader, node: yaml.Node, policy: Policy, written: Written, stated: Sequence[Entitlement]
) -> Fixture | None:
    of_action = is_of_action(node)
    keys, what = (CASE, "a case of an action") if of_action else (_CASE, "a case")
    found = reader.mapping(node, what, keys)
    if found is None or not reader.required(node, found, what, *keys.required):
        return None
    wanted = expected(reader, node, found, what=what, keys=OF_ACTION if of_action else OF_ENTITLEMENT)
    who = _person(reader, found["who"])
    at = _moment(reader, found["at"]) if "at" in found else ""
    ask = action_case(reader, found, policy=policy, written=written) if of_action else _ask(reader, found)
    if ask is None:
        return None
    if isinstance(ask, Ask) and is_of_iam(policy, ask.entitlement) and not is_stated(stated, ask.entitlement):
        text = f"{shown(ask.entitlement)} is IAM's to offer: state under eligible who has which binding there"
        reader.refuse(found["what"], "bad-value", text)
    return Fixture(line=node.start_mark.line + 1, ask=ask, who=who, at=at, expected=wanted)


def _ask(reader: Reader, found: Mapping[str, yaml.Node]) -> Ask:
    lasting = duration(reader, found["for"], "for") if "for" in found else None
    why = reader.string(found["why"], "why") if "why" in found else None
    what = reader.string(found["what"], "what")
    return Ask(entitlement=what or "", duration=lasting, justification=why or "")


def _person(reader: Reader, node: yaml.Node) -> str:
    text = reader.string(node, "who")
    try:
        return principal(text) if text is not None else ""
    except Refused:
        reader.refuse(node, "bad-address", "who is one plain e-mail address")
        return ""


def _moment(reader: Reader, node: yaml.Node) -> str:
    text = reader.string(node, "at") or ""
    try:
        parse_moment(text, ZoneInfo("UTC"))
    except MomentError as error:
        reader.refuse(node, "bad-moment", no_moment(error))
    return text


def outcome(case: Fixture, fixtures: Fixtures, *, now: datetime) -> Outcome:
    """Ask the gate. Raises `MomentError` for a time that the policy's time zone leaves out."""
    policy, memberships = fixtures.policy, _memberships(fixtures)
    begins = parse_moment(case.at, ZoneInfo(policy.timezone)) if case.at else now
    case, policy, fitting = _with_iam(case, fixtures, memberships)
    if fitting:
        return Outcome(then="refuse", refused=fitting, needs=(), can=())
    try:
        requirement, several = _offered(policy, case, memberships, begins=begins)
    except Refused as refusal:
        codes = tuple(each.code for each in refusal.all)
        return Outcome(then="step_up" if "step_up" in codes else "refuse", refused=codes, needs=(), can=())
    except Unavailable:
        return Outcome(then=UNKNOWN, refused=(UNKNOWN,), needs=(), can=())
    return Outcome(
        then="allow" if requirement.kind == "allow" else "require_approval",
        refused=(),
        needs=requirement_in_words(requirement),
        can=tuple(_can(fixtures, requirement, policy.identity.primary(case.who), memberships)),
        several=several,
    )


def _offered(
    policy: Policy, case: Fixture, memberships: Memberships, *, begins: datetime
) -> tuple[Requirement, CallWindow | None]:
    """What is needed, and what may be approved in the place of one call."""
    if isinstance(case.ask, ActionCase):
        wanted = case.ask.wanted(policy, policy.identity.primary(case.who), now=begins)
        made = offer(policy, wanted, memberships=memberships, now=begins)
        return made.requirement, made.window
    found = evaluate(policy, case.ask, requester=case.who, memberships=memberships, begins=begins)
    return found.offer().requirement, None


def _with_iam(
    case: Fixture, fixtures: Fixtures, memberships: Memberships
) -> tuple[Fixture, Policy, tuple[str, ...]]:
    """The case and the policy with what is meant of IAM's, as the gate has it; or what fits, where several do."""
    policy, ask = fixtures.policy, case.ask
    if not isinstance(ask, Ask) or not is_of_iam(policy, ask.entitlement):
        return case, policy, ()
    person = policy.identity.primary(case.who)
    found = meant(policy, fixtures.offered, ask.entitlement, who=person, memberships=memberships)
    if len(found) > 1:
        return case, policy, tuple(f"it fits {each.title} ({each.id})" for each in found)
    if not found:
        return case, msgspec.structs.replace(policy, absent=policy.absent | {ask.entitlement}), ()
    (one,) = found
    named = msgspec.structs.replace(case, ask=msgspec.structs.replace(ask, entitlement=one.id))
    return named, with_offer(policy, one), ()


def _memberships(fixtures: Fixtures) -> Memberships:
    primary = fixtures.policy.identity.primary
    everybody = _known(fixtures) | {primary(case.who) for case in fixtures.cases}
    members = {name: {primary(each) for each in listed} for name, listed in fixtures.groups.items()}
    return Memberships(
        answers={(name, who): who in listed for name, listed in members.items() for who in everybody}
    )


def _known(fixtures: Fixtures) -> frozenset[str]:
    """Everybody whom the policy or the file names."""
    policy = fixtures.policy
    selectors = tuple(
        who
        for each in (*policy.offered, *fixtures.offered)
        for stage in each.requirement.stages
        for who in stage.approvers
    )
    listed = {policy.identity.primary(each) for members in fixtures.groups.values() for each in members}
    return people(policy, selectors).known | listed


def _can(
    fixtures: Fixtures, requirement: Requirement, requester: str, memberships: Memberships
) -> Iterator[tuple[str, ...]]:
    policy = fixtures.policy
    barred = policy.identity.barred(requester)
    for stage in requirement.stages:
        answers = {
            who: may_approve(policy, stage, who, asking=barred, memberships=memberships)
            for who in _known(fixtures) - barred
        }
        yield tuple(sorted(who for who, said in answers.items() if said == "yes"))
