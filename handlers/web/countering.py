"""Offering less by a request's page: what its form says."""

from collections.abc import Mapping

from approvals.reviews import TYPED_LENGTH
from approvals.revisions import Less
from approvals.targets import accesses
from approvals.terms.records import Terms
from handlers.wording.reading.commands import duration_of
from handlers.wording.refusing.fields import too_long
from handlers.wording.refusing.refusals import Said


def parts(terms: Terms) -> tuple[str, ...]:
    """What of a bundle can be left out, in words; nothing where there is one thing alone."""
    found = accesses(terms.targets)
    return tuple(f"{', '.join(each.roles)} on {each.resource}" for each in found) if len(found) > 1 else ()


def less(form: Mapping[str, str], terms: Terms) -> tuple[Less, str]:
    """What the form offers of these terms, and why. Raises `Said` for a time that is none, or too long a text."""
    why = form.get("why", "").strip()
    if len(why) > TYPED_LENGTH:
        raise Said("why", too_long(TYPED_LENGTH))
    every = parts(terms)
    keep = tuple(number for number in range(len(every)) if form.get(f"keep{number}")) if every else None
    return Less(duration=duration_of(form.get("duration", "")), keep=keep), why
