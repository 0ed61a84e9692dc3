"""Cases of a policy: who asks for what and when, and what is to come of it. The gate's answer is compared.

Nothing is looked up: who is in a directory group the file says, and whoever it says nothing of is unknown.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import yaml

from approvals.errors import Refused, Unavailable
from approvals.memberships import Memberships
from approvals.policy.evaluate import Ask, Evaluation, evaluate
from approvals.policy.model import Policy
from approvals.policy.reading.composing import compose
from approvals.policy.reading.document import PolicyError, Reader
from approvals.policy.reading.keys import Keys
from approvals.policy.reading.values import duration
from approvals.policy.selectors import people
from approvals.policy.stages import may_approve
from approvals.policy.words import no_moment, requirement_in_words
from approvals.principals import principal
from approvals.times import MomentError, parse_moment

_FILE = Keys(known=("policy", "groups", "cases"), required=("cases",))
_CASE = Keys(known=("who", "what", "at", "for", "why", "refused", "needs", "can"), required=("who", "what"))
_EXPECTED = ("refused", "needs", "can")
UNKNOWN = "unknown"
"""What is refused while a group cannot be asked."""


class Fixture(msgspec.Struct, frozen=True, kw_only=True):
    """One case, at its line. What is expected is None where the file says nothing of it.

    `refused` is a code, or the part before its first point; `needs` are the stages in words, `can` who can approve
    in each. `at` is as it was written: the policy says in which time zone.
    """

    line: int
    ask: Ask
    who: str
    at: str
    refused: str | None
    needs: tuple[str, ...] | None
    can: tuple[tuple[str, ...], ...] | None


class Fixtures(msgspec.Struct, frozen=True, kw_only=True):
    """A file of cases. `policy` is the path of the policy beside it; `groups` are those of the directory."""

    policy: str
    groups: Mapping[str, frozenset[str]]
    cases: tuple[Fixture, ...]


def read(text: bytes, *, source: str) -> Fixtures:
    """Read a file of cases. Raises `PolicyError` with every problem at once."""
    reader = Reader(source)
    node = compose(text, reader)
    fields = (reader.mapping(node, "the file", _FILE) if node is not None else None) or {}
    if node is not None:
        reader.required(node, fields, "the file", *_FILE.required)
    groups = dict(_groups(reader, fields["groups"])) if "groups" in fields else {}
    items = (reader.items(fields["cases"], "cases") or ()) if "cases" in fields else ()
    cases = [_case(reader, item) for item in items]
    policy = reader.string(fields["policy"], "policy") if "policy" in fields else "policy.yaml"
    if reader.problems:
        raise PolicyError(reader.problems)
    return Fixtures(policy=policy or "", groups=groups, cases=tuple(case for case in cases if case is not None))


def _groups(reader: Reader, node: yaml.Node) -> Iterator[tuple[str, frozenset[str]]]:
    for name, (_, members) in (reader.entries(node, "groups") or {}).items():
        yield name.lower(), frozenset(each.lower() for each in _texts(reader, members, f"group {name}"))


def _texts(reader: Reader, node: yaml.Node, what: str) -> tuple[str, ...]:
    found = [reader.string(item, f"an entry of {what}") for item in reader.items(node, what) or ()]
    return tuple(each for each in found if each is not None)


def _case(reader: Reader, node: yaml.Node) -> Fixture | None:
    found = reader.mapping(node, "a case", _CASE)
    if found is None or not reader.required(node, found, "a case", *_CASE.required):
        return None
    if not any(key in found for key in _EXPECTED):
        reader.refuse(node, "missing-key", "a case expects something: refused, needs or can")
    texts = {
        key: reader.string(found[key], key) for key in ("who", "what", "at", "why", "refused") if key in found
    }
    lasting = duration(reader, found["for"], "for") if "for" in found else None
    return Fixture(
        line=node.start_mark.line + 1,
        ask=Ask(entitlement=texts.get("what") or "", duration=lasting, justification=texts.get("why") or ""),
        who=_person(reader, found["who"], texts.get("who") or ""),
        at=_moment(reader, found["at"], texts.get("at") or "") if "at" in found else "",
        refused=texts.get("refused"),
        needs=_texts(reader, found["needs"], "needs") if "needs" in found else None,
        can=_stages(reader, found["can"]) if "can" in found else None,
    )


def _stages(reader: Reader, node: yaml.Node) -> tuple[tuple[str, ...], ...]:
    return tuple(_texts(reader, item, "who can approve in a stage") for item in reader.items(node, "can") or ())


def _person(reader: Reader, node: yaml.Node, text: str) -> str:
    try:
        return principal(text)
    except Refused:
        reader.refuse(node, "bad-address", "who is one plain e-mail address")
        return ""


def _moment(reader: Reader, node: yaml.Node, text: str) -> str:
    try:
        parse_moment(text, ZoneInfo("UTC"))
    except MomentError as error:
        reader.refuse(node, "bad-moment", no_moment(error))
    return text


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a case. `refused` has every code; then nothing is needed."""

    refused: tuple[str, ...]
    needs: tuple[str, ...]
    can: tuple[tuple[str, ...], ...]


def outcome(policy: Policy, case: Fixture, fixtures: Fixtures, *, now: datetime) -> Outcome:
    """Ask the gate. Raises `MomentError` for a time that the policy's time zone leaves out."""
    begins = parse_moment(case.at, ZoneInfo(policy.timezone)) if case.at else now
    memberships = _memberships(policy, fixtures)
    found = evaluate(policy, case.ask, requester=case.who, memberships=memberships, begins=begins)
    try:
        offer = found.offer()
    except Refused as refusal:
        return Outcome(refused=tuple(each.code for each in refusal.all), needs=(), can=())
    except Unavailable:
        return Outcome(refused=(UNKNOWN,), needs=(), can=())
    needs = requirement_in_words(offer.requirement)
    return Outcome(refused=(), needs=needs, can=tuple(_can(policy, found, memberships, _known(policy, fixtures))))


def _memberships(policy: Policy, fixtures: Fixtures) -> Memberships:
    everybody = _known(policy, fixtures) | {policy.identity.primary(case.who) for case in fixtures.cases}
    primary = policy.identity.primary
    members = {name: {primary(each) for each in listed} for name, listed in fixtures.groups.items()}
    return Memberships(
        answers={(name, who): who in listed for name, listed in members.items() for who in everybody}
    )


def _known(policy: Policy, fixtures: Fixtures) -> frozenset[str]:
    """Everybody whom the policy or the file names."""
    selectors = tuple(
        who for each in policy.offered for stage in each.requirement.stages for who in stage.approvers
    )
    listed = {policy.identity.primary(each) for members in fixtures.groups.values() for each in members}
    return people(policy, selectors).known | listed


def _can(
    policy: Policy, found: Evaluation, memberships: Memberships, known: frozenset[str]
) -> Iterator[tuple[str, ...]]:
    barred = policy.identity.barred(found.requester)
    for stage in found.entitlement.requirement.stages if found.entitlement is not None else ():
        answers = {
            who: may_approve(policy, stage, who, asking=barred, memberships=memberships) for who in known - barred
        }
        yield tuple(sorted(who for who, said in answers.items() if said == "yes"))


def differences(case: Fixture, found: Outcome) -> Iterator[str]:
    """What is other than the file expects, in words."""
    if case.refused is not None and not any(_is(code, case.refused) for code in found.refused):
        came = ", ".join(found.refused) or f"it needs {', '.join(found.needs)}"
        yield f"should be refused: {case.refused}. It is not: {came}"
    if case.refused is None and found.refused:
        yield f"should not be refused, and is: {', '.join(found.refused)}"
        return
    if case.needs is not None and case.needs != found.needs:
        yield f"should need {_said(case.needs)}. It needs {_said(found.needs)}"
    if case.can is not None and tuple(tuple(sorted(each)) for each in case.can) != found.can:
        yield f"should be approved by {_listed(case.can)}. It can be by {_listed(found.can)}"


def _is(code: str, expected: str) -> bool:
    return code == expected or code.startswith(f"{expected}.")


def _said(stages: tuple[str, ...]) -> str:
    return ", ".join(stages) or "nothing"


def _listed(stages: tuple[tuple[str, ...], ...]) -> str:
    return ", then ".join(" or ".join(sorted(each)) or "nobody" for each in stages) or "nobody"
