"""Who is eligible for which role on which project, by the bindings of projects and of what is above them.

A binding of a folder or an organization makes people eligible on each project below it, one by one, and never on
the folder as a whole: so JIT Access has it, and so it is here.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from approvals.eligible.marking import Kind, Marked, MarkError, marked
from approvals.people.principals import is_service_account, principal
from approvals.refusals.errors import Refused


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """A binding as a policy has it, and where it was found; `condition` is empty where it has none.

    `title` and `description` are those of its condition.
    """

    role: str
    members: tuple[str, ...]
    condition: str
    place: str
    title: str = ""
    description: str = ""


class Attached(msgspec.Struct, frozen=True, kw_only=True):
    """The bindings of one project, folder or organization itself."""

    resource: str
    bindings: tuple[Binding, ...]


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """What means eligibility and is none here: where it stands, why, and what mends it."""

    place: str
    text: str


class Eligible(msgspec.Struct, frozen=True, kw_only=True):
    """One role on one project under one condition, who may ask for it, and of `peers` who may approve.

    `askers` and `approvers` are selectors. Whoever asks never approves, though they are among both.
    """

    project: str
    role: str
    kind: Kind
    topic: str
    condition: str
    askers: tuple[str, ...]
    approvers: tuple[str, ...]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    eligible: tuple[Eligible, ...]
    left_out: tuple[LeftOut, ...]


class _Held(msgspec.Struct, frozen=True):
    """What one binding makes these people eligible for."""

    role: str
    marked: Marked
    holders: frozenset[str]


def eligible(
    policies: Iterable[Attached], projects: Mapping[str, Sequence[str]], *, scope: str = "", both: bool = False
) -> Found:
    """Say who is eligible for what, project by project, and what could not be read.

    `projects` leads each project to what is above it, nearest first. `scope` bounds what counts, as RESOURCE_SCOPE
    does: nothing above it, and no project outside it. With `both`, who is eligible alone stays among those who ask
    their peers for the same: whoever knows who somebody is leaves that out of what they are shown.
    """
    left_out: list[LeftOut] = []
    held = {each.resource: tuple(_held(each, left_out)) for each in policies}
    found: list[Eligible] = []
    used: set[str] = set()
    for project, above in projects.items():
        chain = _within((project, *above), scope)
        used.update(chain)
        here = [each for resource in chain for each in held.get(resource, ())]
        found += _of_project(project, here, both=both)
    left_out += _unused(held, used, scope)
    return Found(eligible=tuple(found), left_out=tuple(dict.fromkeys(left_out)))


def _within(chain: tuple[str, ...], scope: str) -> tuple[str, ...]:
    """The project and what is above it up to the scope; nothing where it lies outside."""
    if not scope:
        return chain
    return chain[: chain.index(scope) + 1] if scope in chain else ()


def _unused(held: Mapping[str, tuple[_Held, ...]], used: set[str], scope: str) -> Iterator[LeftOut]:
    for resource, those in held.items():
        if those and resource not in used:
            bounds = f" within {scope}" if scope else ""
            text = f"it has eligible bindings, and no project below it{bounds} is named. Export those as well"
            yield LeftOut(place=resource, text=text)


def _held(attached: Attached, left_out: list[LeftOut]) -> Iterator[_Held]:
    for binding in attached.bindings:
        try:
            found = marked(binding.condition) if binding.condition else None
        except MarkError as error:
            left_out.append(LeftOut(place=binding.place, text=f"{binding.role}: {error}"))
            continue
        if found is None:
            continue
        holders = frozenset(_holders(binding, left_out))
        if holders:
            yield _Held(binding.role, found, holders)


def _holders(binding: Binding, left_out: list[LeftOut]) -> Iterator[str]:
    """People and groups, as selectors. Others were never eligible there, and are named."""
    for member in binding.members:
        kind, _, address = member.partition(":")
        try:
            if kind not in ("user", "group") or is_service_account(address):
                text = f"{binding.role}: {member} is no user or group, and was not eligible. Take it out"
                left_out.append(LeftOut(place=binding.place, text=text))
                continue
            yield f"{kind}:{principal(address)}"
        except Refused:
            text = f"{binding.role}: {member} has no plain address. Mend it in the binding"
            left_out.append(LeftOut(place=binding.place, text=text))


_Key = tuple[str, str]
"""A role and its condition: where both kinds have the same, the one without peers wins."""


def _of_project(project: str, held: Sequence[_Held], *, both: bool) -> Iterator[Eligible]:
    alone: defaultdict[_Key, set[str]] = defaultdict(set)
    peers: defaultdict[tuple[_Key, str], set[str]] = defaultdict(set)
    for each in held:
        key = (each.role, each.marked.condition)
        (alone[key] if each.marked.kind == "self" else peers[key, each.marked.topic]).update(each.holders)
    for (role, condition), holders in sorted(alone.items()):
        yield _one(project, role, condition, kind="self", askers=holders)
    for (key, topic), holders in sorted(peers.items()):
        if askers := holders if both else holders - alone.get(key, set()):
            yield _one(project, *key, kind="peers", topic=topic, askers=askers, approvers=holders)


def _one(
    project: str,
    role: str,
    condition: str,
    *,
    kind: Kind,
    askers: Iterable[str],
    topic: str = "",
    approvers: Iterable[str] = (),
) -> Eligible:
    return Eligible(
        project=project,
        role=role,
        kind=kind,
        topic=topic,
        condition=condition,
        askers=tuple(sorted(askers)),
        approvers=tuple(sorted(approvers)),
    )
