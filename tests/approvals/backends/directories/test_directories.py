"""Directories say yes only when the service that knows says yes."""

import pytest

from approvals.backends.directories.cloud_identity import WALKED, CloudIdentity
from approvals.refusals.errors import NotFound, Refused, Unavailable
from sandbox.google import Fault, Google

GROUP = "sre@example.com"


@pytest.fixture
def directory(google: Google, google_url: str) -> CloudIdentity:
    google.set_group(GROUP, ["alice@example.com", "oncall@example.com", "o'neil@example.com"])
    google.set_group("oncall@example.com", ["bob@example.com"])
    return CloudIdentity(base_url=google_url)


def test_an_unknown_group_is_not_found(directory: CloudIdentity) -> None:
    with pytest.raises(NotFound, match=r"nobody@example\.com"):
        directory.is_member("nobody@example.com", "alice@example.com", timeout=10)


def test_a_group_that_is_deleted_is_not_found_any_more(directory: CloudIdentity, google: Google) -> None:
    assert directory.is_member(GROUP, "alice@example.com", timeout=10)
    google.remove_group(GROUP)
    with pytest.raises(NotFound):
        directory.is_member(GROUP, "alice@example.com", timeout=10)


@pytest.mark.parametrize(("method", "status"), [("lookup", 503), ("checkTransitiveMembership", 503)])
def test_a_service_that_does_not_tell_is_unavailable(
    directory: CloudIdentity, google: Google, method: str, status: int
) -> None:
    google.faults.set(Fault(method=method, status=status))
    with pytest.raises(Unavailable):
        directory.is_member(GROUP, "alice@example.com", timeout=10)


def test_both_calls_share_the_time(directory: CloudIdentity, google: Google) -> None:
    """Each alone would come in time."""
    google.faults.set(Fault(method="lookup", delay=0.6))
    google.faults.set(Fault(method="checkTransitiveMembership", delay=0.6))
    with pytest.raises(Unavailable):
        directory.is_member(GROUP, "alice@example.com", timeout=0.9)


def test_who_is_not_in_the_group_is_no_member(directory: CloudIdentity) -> None:
    assert not directory.is_member(GROUP, "carol@example.com", timeout=10)


@pytest.mark.parametrize("quote", ["'", '"'])
def test_an_address_cannot_end_the_query(directory: CloudIdentity, google: Google, quote: str) -> None:
    forged = f"x@example.com{quote} || member_key_id == {quote}alice@example.com"
    assert not directory.is_member(GROUP, forged, timeout=10)
    assert google.calls("checkTransitiveMembership")[-1].code == 200


@pytest.mark.parametrize("person", ["alice@example.com", "bob@example.com", "o'neil@example.com"])
def test_members_and_members_of_nested_groups_are_members(directory: CloudIdentity, person: str) -> None:
    assert directory.is_member(GROUP, person, timeout=10)


@pytest.fixture
def plain(directory: CloudIdentity, google: Google) -> CloudIdentity:
    """A directory of an edition that answers no transitive question; bob is in a group inside the group."""
    google.groups.premium = False
    return directory


def test_a_group_that_cannot_be_walked_whole_says_nothing_of_who_was_not_found(
    plain: CloudIdentity, google: Google
) -> None:
    assert plain.is_member(GROUP, "alice@example.com", timeout=10)
    google.faults.set(
        Fault(method="memberships.list", resource=google.groups.name("oncall@example.com"), status=403)
    )

    with pytest.raises(Unavailable):
        plain.is_member(GROUP, "carol@example.com", timeout=10)


def test_a_group_with_more_groups_inside_than_are_looked_at_is_unknown(
    plain: CloudIdentity, google: Google
) -> None:
    for number in range(WALKED + 1):
        google.set_group(f"g{number}@example.com", [])
    google.set_group("wide@example.com", [f"g{number}@example.com" for number in range(WALKED + 1)])

    with pytest.raises(Unavailable, match="25 groups"):
        plain.is_member("wide@example.com", "carol@example.com", timeout=10)


@pytest.mark.parametrize(
    "person", ["alice@example.com", "bob@example.com", "o'neil@example.com", "Bob@example.com"]
)
def test_groups_are_walked_where_the_edition_answers_no_transitive_question(
    plain: CloudIdentity, person: str
) -> None:
    assert plain.is_member(GROUP, person, timeout=10)


def test_nobody_is_found_by_walking_who_is_not_there(plain: CloudIdentity, google: Google) -> None:
    """Groups that hold each other are each listed once."""
    google.set_group("oncall@example.com", ["bob@example.com", GROUP])

    assert not plain.is_member(GROUP, "carol@example.com", timeout=10)
    assert len(google.calls("memberships.list")) == 2


def test_members_of_groups_inside_are_listed_in_every_edition(plain: CloudIdentity) -> None:
    assert plain.members(GROUP, most=20, timeout=10) == {
        "alice@example.com",
        "bob@example.com",
        "o'neil@example.com",
    }


def test_more_than_are_wanted_are_not_listed_by_walking_either(plain: CloudIdentity) -> None:
    with pytest.raises(Refused):
        plain.members(GROUP, most=2, timeout=10)


def test_a_group_of_people_is_listed_in_every_edition(directory: CloudIdentity, google: Google) -> None:
    google.faults.set(Fault(method="searchTransitiveMemberships", status=403))

    assert directory.members("oncall@example.com", most=20, timeout=10) == {"bob@example.com"}


def test_the_people_of_groups_inside_are_listed_and_the_groups_are_not(directory: CloudIdentity) -> None:
    found = directory.members(GROUP, most=20, timeout=10)

    assert found == {"alice@example.com", "bob@example.com", "o'neil@example.com"}


def test_every_page_is_read(directory: CloudIdentity, google: Google) -> None:
    many = {f"person{number}@example.com" for number in range(450)}
    google.set_group("many@example.com", sorted(many))

    assert directory.members("many@example.com", most=500, timeout=10) == many
