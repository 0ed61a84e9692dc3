from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec
import pytest

from approvals.policy.reading.parse import digest_of
from approvals.ports.store import Store, StoredPolicy
from approvals.refusals.errors import Conflict
from tests.contracts.stores.places import Place
from tests.support.builders import NOW

GOOD = StoredPolicy(digest="sha256:1", text="identity: {}\n", source="policy.yaml", loaded_at=NOW)


def test_an_installation_is_made_once(place: Place) -> None:
    store = place.open()
    made = store.installation()
    store.close()

    again = place.open()

    assert again.installation() == made
    assert made.created == NOW
    assert made.instance
    assert made.generation
    again.close()


def test_a_new_store_knows_no_policy(store: Store) -> None:
    assert store.last_good() is None


def test_the_policy_kept_last_is_the_last_good_one_over_reopening(place: Place) -> None:
    store = place.open()
    store.keep(GOOD)
    newer = msgspec.structs.replace(GOOD, digest="sha256:2", text="é", loaded_at=NOW + timedelta(hours=1))
    store.keep(newer)
    store.close()

    again = place.open()

    assert again.last_good() == newer
    again.close()


def test_a_policy_that_was_compared_with_another_one_is_not_kept(store: Store) -> None:
    """Somebody else put one in force meanwhile: it may be narrower than what this one was compared with."""
    other = msgspec.structs.replace(GOOD, digest="sha256:2")
    store.keep(GOOD, instead_of="")
    for was in ("", "sha256:2", "sha256:3"):
        with pytest.raises(Conflict):
            store.keep(other, instead_of=was)
    assert store.last_good() == GOOD
    assert len(store.entries("")) == 1

    store.keep(other, instead_of=GOOD.digest)
    assert store.last_good() == other


def test_what_a_policy_wakes_is_due_by_the_commit_that_keeps_it_and_by_none_that_is_refused(store: Store) -> None:
    other = msgspec.structs.replace(GOOD, digest="sha256:2")
    with pytest.raises(Conflict):
        store.keep(other, instead_of="sha256:3", wake=("news:one/a",))
    store.keep(GOOD, wake=("news:one/b", "news:one/c"))

    assert sorted(store.due(now=NOW, limit=9, kind="news")) == ["news:one/b", "news:one/c"]
    assert store.due(now=NOW - timedelta(seconds=1), limit=9, kind="news") == []


def test_a_policy_that_comes_back_is_the_last_good_one_again(store: Store) -> None:
    store.keep(GOOD)
    store.keep(msgspec.structs.replace(GOOD, digest="sha256:2"))
    back = msgspec.structs.replace(GOOD, loaded_at=NOW + timedelta(days=1))
    store.keep(back)

    assert store.last_good() == back


def test_a_policy_that_is_kept_is_told_in_the_chain_by_the_same_write(store: Store) -> None:
    good = msgspec.structs.replace(GOOD, digest=digest_of(GOOD.text))
    store.keep(good)

    (entry,) = store.entries("")
    assert (entry.actor, entry.action, entry.at) == ("countersign", "policy.loaded", "2026-11-22T10:00:00Z")
    assert entry.detail == {"digest": good.digest, "source": "policy.yaml"}
    assert store.held("").faults == ()


def test_policies_that_are_kept_at_once_are_each_told_once(store: Store) -> None:
    store.installation()
    policies = [
        StoredPolicy(digest=digest_of(text), text=text, source="policy.yaml", loaded_at=NOW)
        for text in map(str, range(6))
    ]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(store.keep, policies))

    told = [entry.detail["digest"] for entry in store.entries("")]
    assert sorted(told) == sorted(policy.digest for policy in policies)
    kept = store.last_good()
    assert kept is not None
    assert kept.digest == told[-1]
    assert store.held("").faults == ()
