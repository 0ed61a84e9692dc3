"""Every query that is made, as data. `firestore.indexes.json` serves each of them."""

from typing import Any, NamedTuple

PAGE = 500
"""Documents that one call returns at most."""


SEVERAL = 30
"""Values of one field that a query takes (https://cloud.google.com/firestore/docs/query-data/queries)."""


class Query(NamedTuple):
    """One collection, filters of (field, operator, value), and one field to order by; `fields` empty: all.

    Without an order the documents come by their ids. `falling`: the greatest come first. `after` is the value of
    the field and the path of the document behind which to begin. Of the filters in `either` one must hold as well,
    where there are any: one query is billed once, and sees all of it at one moment.
    """

    collection: str
    where: tuple[tuple[str, str, Any], ...] = ()
    order: str = ""
    limit: int = PAGE
    fields: tuple[str, ...] = ()
    falling: bool = False
    after: tuple[Any, str] | None = None
    either: tuple[tuple[str, str, Any], ...] = ()


def open_of(person: str) -> Query:
    """What somebody has that is undecided or not over."""
    return Query("requests", (("requester", "==", person),), either=_OPEN)


def open_by(account: str) -> Query:
    return Query("requests", (("account", "==", account),), either=_OPEN)


_OPEN = (("state", "==", "pending"), ("holding", "==", True))


def waiting_behind(account: str, limit: int) -> Query:
    where = (("state", "==", "pending"), ("account", ">", account))
    return Query("requests", where, order="account", limit=limit, fields=("account",))


def holding_behind(account: str, limit: int) -> Query:
    where = (("holding", "==", True), ("account", ">", account))
    return Query("requests", where, order="account", limit=limit, fields=("account",))


def pending(limit: int) -> Query:
    return Query("requests", (("state", "==", "pending"),), order="filed", limit=limit)


def history(
    *,
    requester: str,
    entitlements: tuple[str, ...] | None,
    since: int | None,
    until: int | None,
    after: tuple[int, str] | None,
    limit: int,
) -> Query:
    """Those of one person, those for some entitlements (`SEVERAL` at most), or both."""
    where: list[tuple[str, str, Any]] = []
    where += [("entitlement", "in", list(entitlements))] if entitlements is not None else []
    where += [("requester", "==", requester)] if requester else []
    where += [("filed", ">=", since)] if since is not None else []
    where += [("filed", "<", until)] if until is not None else []
    return Query("requests", tuple(where), order="filed", limit=limit, falling=True, after=after)


def holdings(*, resource: str, person: str) -> Query:
    of_person = (("requester", "==", person),) if person else ()
    where = (("holds", "array_contains", resource), *of_person)
    return Query("requests", where, order="filed")


def due(now: int, limit: int, kind: str) -> Query:
    fields = ("subject", "owner", "lease_until") if kind else ()
    of_kind = (("kind", "==", kind),) if kind else ()
    return Query("work", (*of_kind, ("due", "<=", now)), order="due", limit=limit, fields=fields)


def bindings() -> Query:
    return Query("work", (("kind", "==", "binding"),))


def wakes(subject: str) -> Query:
    return Query("work", (("subject", "==", subject),))


def entries(chain: str) -> Query:
    return Query("audit", (("chain", "==", chain),))


def reviews(request_id: str) -> Query:
    return Query("reviews", (("request", "==", request_id),))


def swept(before: int, limit: int) -> Query:
    return Query("marks", (("until", "<", before),), order="until", limit=limit, fields=("until",))


def emptied(before: int, limit: int) -> Query:
    return Query("answers", (("until", "<", before),), order="until", limit=limit, fields=("version",))


def unanchored(limit: int) -> Query:
    return Query("requests", (("anchored", "==", False),), limit=limit, fields=("id", "seq", "head"))


def retained(after: str, limit: int) -> Query:
    where = (("retained", ">", after),)
    return Query("requests", where, order="retained", limit=limit, fields=("retained",))


def first_entries() -> Query:
    return Query("audit", (("seq", "==", 1),), fields=("chain",))


def request_ids() -> Query:
    return Query("requests", fields=("id",))


def everything(collection: str) -> Query:
    return Query(collection)


def ids(collection: str) -> Query:
    return Query(collection, fields=("__name__",))
