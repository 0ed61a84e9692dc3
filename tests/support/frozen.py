"""Freezing an entitlement or a person in a test, as an operator does."""

from datetime import datetime

from approvals.freezes import parting
from approvals.parts import Kind, Part
from approvals.ports.store import Guards
from approvals.reviews import typed


def freeze_part(store: Guards, kind: Kind, name: str, *, now: datetime, why: str = "INC-7") -> None:
    """Freeze one, for a reason."""
    reason = typed(why, salt="s" * 16) if why else None
    addresses = (name,) if kind == "person" else ()
    part = Part(kind=kind, name=name, addresses=addresses, by="os:root", at=now, reason=reason)
    assert parting.freeze(store, part, now=now) is not None


def thaw_part(store: Guards, kind: Kind, name: str, *, now: datetime) -> None:
    assert parting.thaw(store, kind, name, by="os:root", why=None, now=now) is not None
