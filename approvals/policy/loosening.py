"""What a policy gives or asks otherwise than the one before it, in words, and whether any of it is looser.

Narrower is what can be shown to be: fewer people, roles or hours, more approvals, one more condition. Whatever
else is other counts as looser. What only says whom messages go to, and when, is neither.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from approvals.people.principals import IdentityRules
from approvals.policy import itself, weighing
from approvals.policy.model import Action, Entitlement, Policy
from approvals.policy.parties import Application, Issuer, Transmitter
from approvals.policy.sides import (
    Pair,
    Side,
    equal,
    fewer,
    gone,
    no_longer,
    one_of,
    ruled,
    some_of,
    subset,
    told,
    within,
)
from approvals.policy.telling import said
from approvals.times import in_words


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is other, and of what: an id, or a section of the file."""

    of: str
    text: str
    side: Side


def differences(policy: Policy, *, before: Policy) -> tuple[Difference, ...]:
    """All that is other in a policy than in the one before it, in the order of the file."""
    pair = Pair(now=policy, was=before)
    return (*_whole(pair), *_offered(pair))


def looser(found: tuple[Difference, ...]) -> bool:
    return any(each.side == "looser" for each in found)


LABELS: Mapping[str, str] = {"looser": "Looser", "narrower": "Narrower", "told": "Messages"}
"""What the sides are called."""


def lines(found: Sequence[Difference]) -> Iterator[str]:
    """The difference in words, what is looser first."""
    for side, label in LABELS.items():
        yield from (f"{label.lower()}: {each.of}: {each.text}" for each in found if each.side == side)


class _Part(msgspec.Struct, frozen=True):
    """How one field is judged, and what it is called."""

    label: str
    judge: Callable[[Pair, Any, Any], Side]


def _parts(
    pair: Pair, of: str, now: msgspec.Struct, was: msgspec.Struct, known: Mapping[str, _Part | None]
) -> Iterator[Difference]:
    """The fields of two records, one by one. A field that nobody thought of is looser unless it is the same."""
    for field in now.__struct_fields__:
        part = known.get(field, _Part(field.replace("_", " "), equal))
        if part is None:
            continue
        one, other = getattr(now, field), getattr(was, field)
        side = part.judge(pair, one, other)
        if side != "same":
            text = f"{part.label}: {said(pair.now, one)}; was {said(pair.was, other)}"
            yield Difference(of=of, text=text, side=side)


_TOLD: Mapping[str, _Part | None] = {
    "channel": _Part("channel of cards", told),
    "notify": _Part("how people learn that it is their turn", told),
    "email": _Part("mail", told),
    "remind": _Part("reminders", told),
    "escalate": _Part("who else is told when nobody decides", told),
    "quiet": _Part("who is asked for nothing", told),
}
_ENTITLEMENT: Mapping[str, _Part | None] = {
    "id": None,
    "targets": _Part("gives", weighing.targets),
    "requesters": _Part("may be asked for by", within),
    "duration": None,
    "extend": None,
    "pending": None,
    "justification": None,
    "requirement": _Part("approval", weighing.requirement),
    "guests": _Part("approval by guests themselves", one_of("")),
    "auto": _Part("rule that approves", weighing.auto),
    "when": _Part("is offered when", ruled),
    "break_glass": _Part("access in an emergency", weighing.emergency),
    **_TOLD,
    "retention": None,
}


def _entitlement(pair: Pair, now: Entitlement, was: Entitlement) -> Iterator[Difference]:
    yield from _parts(pair, now.id, now, was, _ENTITLEMENT)
    longest = pair.now.longest(now), pair.was.longest(was)
    in_all = _in_all(pair.now, now), _in_all(pair.was, was)
    times = (
        ("usual duration", now.duration.default, was.duration.default),
        ("longest duration", *longest),
        # Where that is no longer than one request it says nothing more.
        *((("longest in all, extended", *in_all),) if in_all != longest else ()),
        ("waits for a decision", pair.now.pending_for(now), pair.was.pending_for(was)),
    )
    found = [(label, one, other, no_longer(pair, one, other)) for label, one, other in times]
    patterns = now.justification.pattern, was.justification.pattern
    for label, one, other, side in (*found, ("reasons must match", *patterns, gone(pair, *patterns))):
        if side != "same":
            text = f"{label}: {said(pair.now, one)}; was {said(pair.was, other)}"
            yield Difference(of=now.id, text=text, side=side)
    yield from _kept(now.id, pair.now.retention_for(now.id), pair.was.retention_for(now.id))


def _kept(of: str, now: timedelta | None, was: timedelta | None) -> Iterator[Difference]:
    """How long texts are kept: to erase them sooner is looser, for nobody brings them back."""
    if now != was:
        sooner = now is not None and (was is None or now < was)
        words = [in_words(each) if each is not None else "for good" for each in (now, was)]
        text = f"typed text is kept: {words[0]}; was {words[1]}"
        yield Difference(of=of, text=text, side="looser" if sooner else "told")


def _in_all(policy: Policy, entitlement: Entitlement) -> timedelta:
    longest = policy.longest(entitlement)
    return longest if entitlement.extend is None else max(longest, entitlement.extend.max_total)


_ACTION: Mapping[str, _Part | None] = {
    "id": None,
    "requesters": _Part("may be asked for by", within),
    "requirement": _Part("approval", weighing.requirement),
    "guardrails": _Part("guardrails", weighing.guardrails),
    "tool": _Part("calls of tools", equal),
    "agents": _Part("lets agents act without people", fewer),
    "window": _Part("several calls by one approval", weighing.window),
    "pending": _Part("waits for a decision", no_longer),
    "use_by": _Part("can be used within", no_longer),
    **_TOLD,
    "retention": None,
}


def _action(pair: Pair, now: Action, was: Action) -> Iterator[Difference]:
    yield from _parts(pair, now.id, now, was, _ACTION)
    yield from _kept(now.id, pair.now.retention_for(now.id), pair.was.retention_for(now.id))


def _issuer(pair: Pair, now: Issuer, was: Issuer) -> Iterator[Difference]:
    return _parts(pair, now.id, now, was, {"id": None})


def _offered(pair: Pair) -> Iterator[Difference]:
    now, was = pair.now, pair.was
    yield from _named(pair, now.entitlements, was.entitlements, _entitlement)
    yield from _named(pair, now.actions, was.actions, _action)
    yield from _named(pair, now.applications, was.applications, _application)
    yield from _named(pair, now.issuers, was.issuers, _issuer)
    yield from _warned(pair, now.signals, was.signals)
    for name in (*was.entitlements, *was.actions):
        if now.named(name) is None and name not in _ITSELF:
            # What was asked for it is kept for as long as the policy says of all else.
            yield from _kept(name, now.retention_for(name), was.retention_for(name))


def _warned(pair: Pair, now: Mapping[str, Transmitter], was: Mapping[str, Transmitter]) -> Iterator[Difference]:
    """Transmitters take away and give nothing: one more is narrower, and one that is gone leaves more standing."""
    for name, one in now.items():
        if name not in was:
            yield Difference(of=name, text=f"signals are heard: {said(pair.now, one)}", side="narrower")
        else:
            yield from _parts(pair, name, one, was[name], {"id": None})
    for name in was:
        if name not in now:
            yield Difference(of=name, text="signals are heard no more", side="looser")


_ITSELF = (itself.ACTION, itself.APPLICATION)
"""What the service asks for by itself follows from `change`, which is compared."""


def _named(
    pair: Pair, now: Mapping[str, Any], was: Mapping[str, Any], compare: Callable[..., Iterator[Difference]]
) -> Iterator[Difference]:
    for name, one in now.items():
        if name in _ITSELF:
            continue
        if name not in was:
            yield Difference(of=name, text=f"is new: {said(pair.now, one)}", side="looser")
        else:
            yield from compare(pair, one, was[name])
    for name in was:
        if name not in now and name not in _ITSELF:
            yield Difference(of=name, text="is gone", side="narrower")


_APPLICATION: Mapping[str, _Part | None] = {
    "id": None,
    "keys": _Part("keys", subset),
    "brings": _Part("whose tokens it brings", subset),
    "may_assert": _Part("may name people by its own word", fewer),
    "agent": _Part("asks for agents", equal),
    "limits": _Part("limits", weighing.limits),
}


def _application(pair: Pair, now: Application, was: Application) -> Iterator[Difference]:
    return _parts(pair, now.id, now, was, _APPLICATION)


_IDENTITY: Mapping[str, _Part | None] = {
    "domains": _Part("domains", subset),
    "slack_teams": _Part("workspaces", some_of),
    "guests": _Part("guests", one_of("refuse")),
    "plus_addresses": _Part("addresses with a plus", one_of("refuse")),
    "sign_name": _Part("printed names", one_of("match")),
    "accept": _Part("what counts as proof", weighing.accept),
    "proof_age": _Part("age of a proof", no_longer),
    "web": _Part("what every page demands", weighing.gate),
    "gcip": _Part("external identities", weighing.externals),
    "service_accounts": _Part("service accounts", weighing.accounts),
}


def _identity(pair: Pair, now: IdentityRules, was: IdentityRules) -> Iterator[Difference]:
    return _parts(pair, "identity", now, was, _IDENTITY)


_WHOLE: Mapping[str, _Part | None] = {
    "digest": None,
    "identity": None,
    "groups": None,
    "pending": None,
    "entitlements": None,
    "actions": None,
    "applications": None,
    "issuers": None,
    "signals": None,
    **_TOLD,
    "security_channel": _Part("told of every access in an emergency", gone),
    "auditors": _Part("auditors", within),
    "administrators": _Part("administrators", within),
    "delegates": _Part("who may stand in", within),
    "limits": _Part("limits of a person", weighing.limits),
    "guardrails": _Part("guardrails over all", weighing.fences),
    "change": _Part("who accepts a looser policy", weighing.change),
    "retention": None,
    "source": _Part("what IAM offers", weighing.source),
    "absent": None,
}


def _whole(pair: Pair) -> Iterator[Difference]:
    yield from _parts(pair, "the policy", pair.now, pair.was, _WHOLE)
    yield from _kept("the policy", pair.now.retention, pair.was.retention)
    yield from _identity(pair, pair.now.identity, pair.was.identity)
