"""The emulator answers every query; Google's service only those that an index serves.

So the queries are taken off the wire and held against `firestore.indexes.json`, by Firestore's rules
(https://cloud.google.com/firestore/docs/query-data/index-overview).
"""

import json
from collections.abc import Callable
from inspect import isfunction
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from google.api_core.exceptions import FailedPrecondition
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.types import StructuredQuery

from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.firestore import FirestoreContents, FirestoreStore, filling, indexes, queries
from approvals.ports.store import Sought, Span
from tests.support.builders import NOW, RESOURCE, filed
from tests.support.emulators import new_project, store_at
from tests.support.firsts import firestore_of_first_release

FILE = json.loads(Path(__file__).parents[5].joinpath("firestore.indexes.json").read_text(encoding="utf-8"))


class Shape(NamedTuple):
    """What decides which index a query needs: equal fields in any order, then the ordered ones with their ways.

    `within` are those of the equal ones that are lists, of which any element may be the equal one.
    """

    collection: str
    equal: frozenset[str]
    within: frozenset[str]
    ordered: tuple[tuple[str, str], ...]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[StructuredQuery]:
    """Every query that goes over the wire from here on."""
    seen: list[StructuredQuery] = []
    run: Callable[..., Any] = FirestoreClient.run_query

    def recorded(client: FirestoreClient, request: Any = None, **options: Any) -> Any:
        seen.append(StructuredQuery(request["structured_query"]))
        return run(client, request, **options)

    monkeypatch.setattr(FirestoreClient, "run_query", recorded)
    return seen


def shapes(query: StructuredQuery) -> list[Shape]:
    """One for each of what it asks to be so or so: each needs an index of its own."""
    return [_shape(query, filters) for filters in (_filters(query.where) if "where" in query else [[]])]


def _shape(query: StructuredQuery, filters: list[StructuredQuery.FieldFilter]) -> Shape:
    equal = [part.field.field_path for part in filters if part.op.name in {"EQUAL", "IN", "ARRAY_CONTAINS"}]
    within = [part.field.field_path for part in filters if part.op.name == "ARRAY_CONTAINS"]
    ranged = [part.field.field_path for part in filters if part.field.field_path not in equal]
    ordered = [(order.field.field_path, order.direction.name) for order in query.order_by]
    assert set(ranged) <= {field for field, _ in ordered[:1]}, "a range that the order does not begin with"
    ways = {way for _, way in ordered}
    assert len(ways) <= 1, "the ids must go the way of the field, or the index must name them"
    return Shape(
        query.from_[0].collection_id,
        frozenset(equal),
        frozenset(within),
        tuple((field, way) for field, way in ordered if field != "__name__"),
    )


def _filters(where: StructuredQuery.Filter) -> list[list[StructuredQuery.FieldFilter]]:
    """In disjunctive normal form."""
    if "composite_filter" in where:
        parts = [_filters(one) for one in where.composite_filter.filters]
        if where.composite_filter.op.name == "OR":
            return [each for part in parts for each in part]
        assert where.composite_filter.op.name == "AND"
        return [[each for one in chosen for each in one] for chosen in product(*parts)]
    assert "field_filter" in where
    return [[where.field_filter]]


def needs_composite(one: Shape) -> bool:
    """One field's own index serves a query on it alone; equalities alone are merged from such indexes."""
    return bool(one.ordered) and len(one.equal) + len(one.ordered) > 1


def composites() -> set[Shape]:
    found = set()
    for index in FILE["indexes"]:
        assert index["queryScope"] == "COLLECTION"
        *equal, ordered = index["fields"]
        assert all(field.get("arrayConfig", "CONTAINS") == "CONTAINS" for field in equal)
        shape = Shape(
            index["collectionGroup"],
            frozenset(field["fieldPath"] for field in equal),
            frozenset(field["fieldPath"] for field in equal if "arrayConfig" in field),
            ((ordered["fieldPath"], ordered["order"]),),
        )
        found.add(shape)
    return found


def every_read(store: FirestoreStore, host: str, project: str) -> None:
    """Make each query that this product makes, and enough of them."""
    store.create(filed(), key="k")
    store.open_of("alice@example.com")
    store.open_by("slack:T0123ABCD/U0A11CE00")
    store.accounts(after="", limit=5)
    store.pending(limit=5)
    store.holdings(resource=RESOURCE, person="alice@example.com")
    store.on(RESOURCE)
    for entitlements in (None, ("payments-admin",)):
        store.history([Sought(requester="alice@example.com", entitlements=entitlements)], span=Span(), limit=5)
    store.history([Sought(entitlements=("payments-admin",))], span=Span(since=NOW, until=NOW), limit=5)
    store.history([Sought(everything=True)], span=Span(since=NOW, until=NOW), limit=5)
    list(store.chains())
    store.entries("r-0123456789")
    store.held("r-0123456789")
    store.unanchored(limit=5)
    store.sweep(before=NOW, limit=5)
    store.retained(after="", limit=5)
    store.due(now=NOW, limit=5)
    store.due(now=NOW, limit=5, kind="binding")
    store.lease("binding:x", owner="one", now=NOW, until=NOW)
    contents = FirestoreContents(project, "(default)", emulator_host=host)
    assert list(contents.items())
    contents.close()
    with filling(new_project(), "(default)", emulator_host=host) as target:
        list(target.items())
    older = new_project()
    firestore_of_first_release(host, older)
    store_at(host, older).installation()


def test_every_query_has_its_index_and_every_index_its_query(
    store: FirestoreStore, firestore_host: str, project: str, asked: list[StructuredQuery]
) -> None:
    every_read(store, firestore_host, project)

    needed = {one for query in asked for one in shapes(query) if needs_composite(one)}

    assert needed == composites()


def test_every_query_that_is_written_is_among_them(
    store: FirestoreStore, firestore_host: str, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = {
        name for name, each in vars(queries).items() if isfunction(each) and each.__module__ == queries.__name__
    }
    made = set()

    def telling(name: str, query: Callable[..., queries.Query]) -> Callable[..., queries.Query]:
        def told(*args: Any, **kwargs: Any) -> queries.Query:
            made.add(name)
            return query(*args, **kwargs)

        return told

    for name in written:
        monkeypatch.setattr(queries, name, telling(name, getattr(queries, name)))
    every_read(store, firestore_host, project)

    assert made == written


def test_no_query_touches_a_field_without_an_index(
    store: FirestoreStore, firestore_host: str, project: str, asked: list[StructuredQuery]
) -> None:
    every_read(store, firestore_host, project)
    bare = {(override["collectionGroup"], override["fieldPath"]) for override in FILE["fieldOverrides"]}

    for one in (one for query in asked for one in shapes(query)):
        touched = {(one.collection, field) for field in [*one.equal, *(field for field, _ in one.ordered)]}
        assert not touched & bare
    assert {one.from_[0].collection_id for one in asked} >= {"requests", "audit", "work", "policies"}


@pytest.mark.parametrize("missing", [*map(indexes.name, indexes.NEEDY), ""])
def test_an_index_that_is_missing_is_named_before_anything_else_is_done(
    firestore_host: str, project: str, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """As Google's service answers a query that no index serves; the emulator has none that it could miss."""
    run: Callable[..., Any] = FirestoreClient.run_query

    def strict(client: FirestoreClient, request: Any = None, **options: Any) -> Any:
        one = shapes(StructuredQuery(request["structured_query"]))[0]
        if missing and missing == f"{one.collection} ({', '.join([*_fields(request), one.ordered[0][0]])})":
            raise FailedPrecondition("The query requires an index.")  # type: ignore[no-untyped-call]
        return run(client, request, **options)

    monkeypatch.setattr(FirestoreClient, "run_query", strict)
    store = store_at(firestore_host, project)
    if not missing:
        assert store.create(filed(), key="k").id == filed().request.id
        return
    with pytest.raises(StoreError, match=r"1 of the indexes .* `firebase deploy") as refused:
        store.create(filed(), key="k")
    assert missing in str(refused.value)
    store.close()


def _fields(request: Any) -> list[str]:
    """The fields that a query asks to be equal, in the order in which it names them."""
    where = StructuredQuery(request["structured_query"]).where
    return [
        part.field.field_path for part in _filters(where)[0] if part.op.name in ("EQUAL", "IN", "ARRAY_CONTAINS")
    ]


def test_each_index_has_a_query_that_finds_out_whether_it_is_there() -> None:
    checked = {indexes.name(query) for query in indexes.NEEDY}
    declared = {
        f"{index['collectionGroup']} ({', '.join(field['fieldPath'] for field in index['fields'])})"
        for index in FILE["indexes"]
    }

    assert checked == declared
