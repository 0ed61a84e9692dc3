"""A verified receipt as a page for people. Whatever a receipt says, it starts no line and steers nothing."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from textwrap import wrap
from typing import Any

from countersign_client import shapes
from countersign_client.claims import Reviewed
from countersign_client.lines import fit
from countersign_client.receipts import Receipt
from countersign_client.shown import length
from countersign_client.terms import ACTIONS, ALONE, JOINED, LATER

_WIDTH = 100
_LABEL = 16
_KNOWN = {
    "title": "What",
    "entitlement": "Entitlement",
    "resource": "Where",
    "roles": "Roles",
    "condition": "Only while",
}
"""Terms that the page calls by another name, in its order."""

_SAID = frozenset(
    {"v", "id", "revision", "requester", "policy", "duration", "requirement", "justification", "expires"}
)
"""Terms that stand on a line of their own."""

_ITSELF = "whoever-wrote-the-policy@countersign.invalid"
"""For whom the service asks by itself: nobody's address."""

_NOBODY = {
    "self": "nobody else, as the policy allows",
    "allow": "nobody, as a guardrail of the policy allows",
    "auto": "nobody else, by a rule of the policy",
    "break_glass": "nobody before it begins, as the policy allows in an emergency",
    "window": "nobody any more: several calls were approved at once",
}
_ALONE = {
    "self": ", without other people, as the policy allows",
    "allow": ", without people, as a guardrail of the policy allows",
    "auto": ", without other people, by a rule of the policy",
    "break_glass": ", without other people, as the policy allows in an emergency",
    "window": ", as one of several calls that were approved at once",
}


def page(found: Receipt) -> list[str]:
    """Return the lines, each fit for a terminal. Times are UTC."""
    return [fit(line) for part in (_head, _asked, _votes, _proof) for line in part(found)]


def _head(found: Receipt) -> Iterator[str]:
    used = ", and used once" if found.used is not None else ""
    yield f"This receipt holds: request {found.request} was {found.decision.outcome}{used}."
    for warning in found.warnings:
        yield from wrap(f"WARNING: {warning}", _WIDTH, break_on_hyphens=False)
    yield ""


def _asked(found: Receipt) -> Iterator[str]:
    decision = found.decision
    yield from _action(found) if found.terms["v"] in ACTIONS else _access(found.terms)
    yield _line("Needs", _needs(found.terms["requirement"]))
    yield _line("Decision", f"{decision.outcome} {_time(decision.at)}{_by(found)}")
    if decision.reason:
        yield _line("Because", decision.reason)
    if decision.window is not None:
        label = "Stands" if found.terms["v"] == ALONE else "Access"
        yield _line(label, f"from {_time(decision.window.start)} to {_time(decision.window.end)}")
    yield from _use(found)
    yield ""


def _action(found: Receipt) -> Iterator[str]:
    terms, confirmed = found.terms, found.confirmed
    yield _line("Asked by", f"{terms['targets'][0]['application']}{_for_whom(terms['requester'])}")
    if confirmed is not None:
        several = ", for several calls" if confirmed.window else ""
        yield _line("Confirmed", f"by {terms['requester']} {_time(confirmed.at)} in {confirmed.channel}{several}")
    yield "People were shown"
    for label, text in found.shown:
        yield f"  {label}: {text}"


def _for_whom(requester: str) -> str:
    return ": who wrote the policy file is not known" if requester == _ITSELF else f", on behalf of {requester}"


def _use(found: Receipt) -> Iterator[str]:
    if found.used is not None and found.use_by is not None:
        yield _line("Used", f"{_time(found.used.at)} by {found.used.by}, in its call {found.used.key}")
        yield _line("Could be used", f"until {_time(found.use_by)}")
    if found.window is not None:
        calls = f"{found.window.uses} call{'' if found.window.uses == 1 else 's'} in all, this one among them"
        yield _line("Approved", f"{calls}, until {_time(found.window.until)}")


def _access(terms: Mapping[str, Any]) -> Iterator[str]:
    yield _line("Asked by", terms["requester"])
    for name, label in _KNOWN.items():
        if terms.get(name):
            yield _line(label, _text(terms[name]))
    yield from _targets(terms)
    yield from _later(terms)
    for name in sorted(terms.keys() - _KNOWN.keys() - _SAID - _bundled(terms)):
        yield _line(name, _text(terms[name]))
    yield _line("For", length(terms["duration"]))


def _bundled(terms: Mapping[str, Any]) -> frozenset[str]:
    """What versions 2, 4, 5 and 7 say in a form of their own."""
    timed = {"targets", "start", "extends"}
    named = {2: {"targets"}, LATER: timed, ALONE: timed, JOINED: timed}
    return frozenset(named.get(terms["v"], ()))


def _later(terms: Mapping[str, Any]) -> Iterator[str]:
    if terms["v"] not in (LATER, ALONE, JOINED):
        return
    if terms["extends"]:
        yield _line("Continues", terms["extends"])
    if terms["start"] is not None:
        yield _line("Not before", _time(shapes.convert(terms["start"], datetime)))


def _targets(terms: Mapping[str, Any]) -> Iterator[str]:
    if terms["v"] == ALONE:
        yield _line("Gives", "nothing: it is an approval alone")
        return
    if terms["v"] == JOINED:
        yield _line("Gives", f"membership of {terms['targets'][0]['group']}")
        return
    for target in terms["targets"] if _bundled(terms) else ():
        yield _line("Gives", f"{', '.join(target['roles'])} on {target['resource']}")
        if target["condition"]:
            yield _line("Only while", target["condition"])


def _votes(found: Receipt) -> Iterator[str]:
    if not found.reviews:
        return
    yield "Votes"
    for review in found.reviews:
        yield f"  {_vote(review)}"
    yield ""


def _proof(found: Receipt) -> Iterator[str]:
    yield "Proof"
    yield "  " + _line("Made by", f"{found.issuer}, {_time(found.issued)}")
    yield "  " + _line("Signed by key", found.key)
    yield "  " + _line("What was asked", f"{found.digest}, revision {found.revision}")
    yield "  " + _line("Policy", found.terms["policy"])
    yield "  " + _line("Audit chain", f"entry {found.audit.seq}, {found.audit.head}")
    yield "  What people typed is covered by digests, and is not in the receipt."
    if found.used is not None:
        yield "  Verified offline a receipt never proves that it is shown for the first time: whoever acts on it"
        yield f"  remembers that {found.request} was acted on, or consumes it by a call of its own."


def _line(label: str, text: object) -> str:
    return f"{label:<{_LABEL}}{text}"


def _vote(review: Reviewed) -> str:
    verb = "approved" if review.verdict == "approve" else "denied"
    how = ", signed with a typed name and meaning" if review.signed else ""
    how += ", for several calls" if review.window else ""
    who = f"{review.person} for {review.behalf}" if review.behalf else review.person
    return f"{who} {verb} {_time(review.at)} in {review.channel}{how}"


def _by(found: Receipt) -> str:
    if found.decision.by:
        return " by " + ", ".join(found.decision.by)
    words = _ALONE.get(found.terms["requirement"]["kind"], "")
    return words if found.decision.outcome == "approved" else ""


def _needs(requirement: Mapping[str, Any]) -> str:
    """Who must approve, stage by stage, as the terms say it."""
    if requirement["kind"] in _NOBODY:
        return _NOBODY[requirement["kind"]]
    said = ", then ".join(map(_stage, requirement["stages"]))
    condition = requirement.get("approve_when")
    return f"{said}; each only where {condition}" if condition else said


def _stage(stage: Mapping[str, Any]) -> str:
    return "".join(
        (
            f"{stage['needed']} of {', '.join(stage['approvers'])}",
            ", signed" if stage["sign"] else "",
            f", nobody who shares {stage['not_same']} with who asked" if stage.get("not_same") else "",
            ", in any order" if stage.get("order") else "",
        )
    )


def _text(value: object) -> str:
    """A term as words where it is some, else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
