"""What a verified receipt says, in lines for people."""

import json
from datetime import UTC, datetime

from countersign_client.lines import fit
from countersign_client.receipts import Receipt, Reviewed

_SAID = frozenset({"v", "id", "revision", "requester", "policy"})
"""Terms that have a line of their own."""


def summary(found: Receipt) -> list[str]:
    """Return the lines, each fit for a terminal. Times are UTC (RFC 3339)."""
    decision, terms = found.decision, found.terms
    lines = [
        f"verified  signed by key {found.key} of {found.issuer} at {_time(found.issued)}",
        f"request   {found.request}, revision {found.revision}, {found.digest}",
        f"asked by  {terms['requester']}",
        f"for       {_json({name: terms[name] for name in sorted(terms) if name not in _SAID})}",
        f"decision  {decision.outcome} at {_time(decision.at)}"
        + _by(decision.by, str(terms["requirement"]["kind"])),
    ]
    if decision.window is not None:
        lines.append(f"window    from {_time(decision.window.start)} to {_time(decision.window.end)}")
    lines += [f"review    {_review(review)}" for review in found.reviews]
    lines.append(f"policy    {terms['policy']}")
    lines.append(f"audit     entry {found.audit.seq}, {found.audit.head}")
    return [fit(line) for line in lines]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _review(review: Reviewed) -> str:
    how = "signed" if review.signed else "not signed"
    return f"{review.verdict} by {review.person} at {_time(review.at)} in {review.channel}, {how}"


def _by(people: tuple[str, ...], kind: str) -> str:
    if people:
        return " by " + ", ".join(people)
    return ", without other people, as the policy allows" if kind == "self" else ""


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
