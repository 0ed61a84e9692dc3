"""Direct messages to people whom Slack knows by another address than the directory does."""

from typing import Any

import msgspec
import pytest

from approvals.ports.messages import ChannelError, ToPerson
from approvals.refusals.errors import Unavailable
from handlers.slack.conversations import LOOK_UPS
from tests.handlers.slack.bed import Bed

BOB = ToPerson("bob@example.com")
WAIT = 30.0


def rule(bed: Bed, **changes: Any) -> None:
    bed.policy = msgspec.structs.replace(
        bed.policy, identity=msgspec.structs.replace(bed.policy.identity, **changes)
    )


def looked_up(bed: Bed) -> int:
    return bed.box.slack.faults.calls.get("users.lookupByEmail", 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"deleted": True},
        {"team_id": "T0OTHER"},
        {"is_restricted": True},
        {"email": "dan@chat.example"},
    ],
    ids=repr,
)
def test_who_may_not_get_cards_gets_none_under_another_address_either(bed: Bed, changes: dict[str, Any]) -> None:
    rule(bed, email_map={"chat.example": "example.com"})
    bed.box.slack.change_person("bob", **({"email": "bob@chat.example"} | changes))

    with pytest.raises(ChannelError, match="is no member of this workspace"):
        bed.channels.resolve(BOB, timeout=WAIT)


def test_an_account_that_the_policy_leads_to_somebody_else_is_not_taken(bed: Bed) -> None:
    """Slack may answer with whom it likes: the account's own address decides."""
    lookup = bed.box.slack.methods.by_name["users.lookupByEmail"]
    bed.box.slack.methods.by_name["users.lookupByEmail"] = lambda args: lookup(
        {**args, "email": "carol@example.com"}
    )

    with pytest.raises(ChannelError, match="is no member of this workspace"):
        bed.channels.resolve(BOB, timeout=WAIT)


def test_an_address_that_may_not_be_looked_up_is_not_said_to_be_nobodys(bed: Bed) -> None:
    bed.workspace.home()
    bed.box.slack.methods.granted = ("chat:write", "im:write", "users:read")

    with pytest.raises(Unavailable, match=r"missing_scope; the app needs the scope users:read\.email"):
        bed.channels.resolve(BOB, timeout=WAIT)


def test_so_many_addresses_are_tried_and_no_more(bed: Bed) -> None:
    rule(bed, aliases={f"bob{number}@example.com": "bob@example.com" for number in range(50)})
    bed.box.slack.change_person("bob", email="bob49@example.com")

    with pytest.raises(ChannelError, match="no member"):
        bed.channels.resolve(BOB, timeout=WAIT)
    assert looked_up(bed) == LOOK_UPS


def test_addresses_are_tried_no_longer_than_the_call_may_last(bed: Bed) -> None:
    rule(bed, aliases={f"bob{number}@example.com": "bob@example.com" for number in range(5)})
    bed.box.slack.change_person("bob", email="nobody@example.com")

    with pytest.raises(Unavailable):
        bed.channels.resolve(BOB, timeout=0.0001)
    assert looked_up(bed) <= 1


@pytest.mark.parametrize(
    ("rules", "email"),
    [
        ({"email_map": {"chat.example": "example.com"}}, "bob@chat.example"),
        ({"aliases": {"bobby@example.com": "bob@example.com"}}, "bobby@example.com"),
        (
            {"email_map": {"chat.example": "example.com"}, "aliases": {"bobby@example.com": "bob@example.com"}},
            "Bobby@Chat.Example",
        ),
    ],
)
def test_an_approver_is_found_by_every_address_that_the_policy_leads_to_them(
    bed: Bed, rules: dict[str, Any], email: str
) -> None:
    rule(bed, **rules)
    direct = bed.channels.resolve(BOB, timeout=WAIT)
    bed.box.slack.change_person("bob", email=email)

    assert bed.channels.resolve(BOB, timeout=WAIT) == direct
