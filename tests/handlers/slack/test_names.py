"""Finding a channel by its name: within Slack's limits, over failures, and anew when its id leads nowhere."""

import unicodedata
from typing import Any, Literal

import pytest

from approvals.ports.messages import ChannelError, Notice, ToRoom
from approvals.refusals.errors import Unavailable
from handlers.slack.client import RateLimited
from sandbox.world import Channel
from tests.handlers.slack.bed import Bed

ACCESS = ToRoom("#access")
CARD = Notice(key="card", kind="card", to=ACCESS)
WAIT = 30.0
FORMS: tuple[Literal["NFC"], Literal["NFD"]] = ("NFC", "NFD")


def crowd(bed: Bed, count: int, **changes: Any) -> None:
    """Let the app be in so many more channels, which come before the others in every list."""
    state = bed.box.slack.state
    app = state.world.bot.user_id
    more = [Channel(id=f"C0MORE{n}", name=f"more-{n}", members=(app,), **changes) for n in range(count)]
    state.channels = {channel.id: channel for channel in more} | state.channels


def remade(bed: Bed, **changes: Any) -> None:
    """Make a channel #access anew, as somebody does who archived or deleted the one before."""
    state = bed.box.slack.state
    state.channels["C0ANEW"] = Channel(id="C0ANEW", name="access", members=state.channels["C0ACCESS"].members)
    if changes:
        bed.box.slack.change_channel("C0ACCESS", **changes)
    else:
        del state.channels["C0ACCESS"]


def asked(bed: Bed) -> int:
    return bed.box.slack.faults.calls.get("users.conversations", 0)


def test_a_channel_that_the_app_is_not_in_is_not_found_and_the_operator_reads_what_to_do(bed: Bed) -> None:
    bed.box.slack.change_channel("#access", members=("U0ALICE",))

    with pytest.raises(ChannelError, match="the app is in no Slack channel #access: invite it there"):
        bed.channels.find(ACCESS, timeout=WAIT)


@pytest.mark.parametrize("name", ["zugriff-ü", "アクセス", "प्रवेश", "การเข้าถึง"])
def test_a_name_is_found_however_its_signs_are_composed(bed: Bed, name: str) -> None:
    bed.box.slack.change_channel("C0ACCESS", name=unicodedata.normalize("NFC", name))
    for form in FORMS:
        to = ToRoom(f"#{unicodedata.normalize(form, name)}")

        assert bed.channels.find(to, timeout=WAIT) == "C0ACCESS"


def test_a_scope_that_is_missing_is_named(bed: Bed) -> None:
    bed.box.slack.methods.granted = ("chat:write", "channels:read")

    with pytest.raises(ChannelError, match=r"missing_scope; the app needs the scope groups:read"):
        bed.channels.find(ACCESS, timeout=WAIT)


def test_what_slack_limits_goes_on_where_it_stopped(bed: Bed) -> None:
    """Sixty pages, fifty calls a minute: whoever begins at page one each time never comes to the end."""
    crowd(bed, 60)
    bed.box.slack.methods.page = 1

    with pytest.raises(RateLimited) as caught:
        bed.channels.find(ACCESS, timeout=WAIT)
    calls = asked(bed)
    with pytest.raises(RateLimited):
        bed.channels.find(ACCESS, timeout=WAIT)
    assert asked(bed) == calls
    bed.clock.ahead += caught.value.retry_after + 1

    assert bed.channels.find(ACCESS, timeout=WAIT) == "C0ACCESS"
    assert asked(bed) <= 60 + 2 + 1


@pytest.mark.parametrize("kind", ["error", "drop", "ratelimit"])
def test_an_attempt_that_failed_is_gone_on_with(bed: Bed, kind: Any) -> None:
    crowd(bed, 10)
    bed.box.slack.methods.page = 1
    asking = bed.box.slack.methods.by_name["users.conversations"]
    cursors = []

    def noted(args: dict[str, Any]) -> dict[str, Any]:
        cursors.append(args.get("cursor", ""))
        if len(cursors) == 4:
            bed.box.slack.faults.add("users.conversations", kind)
        return asking(args)

    bed.box.slack.methods.by_name["users.conversations"] = noted
    with pytest.raises(Unavailable):
        bed.channels.find(ACCESS, timeout=WAIT)
    bed.clock.ahead += 2

    assert bed.channels.find(ACCESS, timeout=WAIT) == "C0ACCESS"
    assert cursors.count("") == 1


def test_time_that_ends_before_the_pages_do_is_gone_on_with(bed: Bed) -> None:
    crowd(bed, 4)
    bed.box.slack.methods.page = 1
    bed.box.slack.faults.add("users.conversations", "delay", seconds=0.3, times=3)

    with pytest.raises(Unavailable):
        bed.channels.find(ACCESS, timeout=0.5)

    assert bed.channels.find(ACCESS, timeout=WAIT) == "C0ACCESS"


def test_pages_that_hold_nothing_are_not_the_end(bed: Bed) -> None:
    crowd(bed, 40, is_archived=True)
    bed.box.slack.methods.page = 10

    assert bed.channels.find(ACCESS, timeout=WAIT) == "C0ACCESS"


def test_a_cursor_that_slack_takes_no_more_means_the_first_page_again(bed: Bed) -> None:
    crowd(bed, 4)
    bed.box.slack.methods.page = 1
    bed.box.slack.faults.add("users.conversations", "delay", seconds=0)
    bed.box.slack.faults.add("users.conversations", "refuse", code="invalid_cursor")

    with pytest.raises(Unavailable):
        bed.channels.find(ACCESS, timeout=WAIT)

    assert bed.channels.find(ACCESS, timeout=WAIT) == "C0ACCESS"


def test_a_channel_that_the_app_joins_after_its_page_was_turned_is_found_by_the_next_look(bed: Bed) -> None:
    members = bed.box.slack.state.channel("#access").members
    bed.box.slack.change_channel("#access", members=())
    with pytest.raises(ChannelError):
        bed.channels.find(ACCESS, timeout=WAIT)
    bed.box.slack.change_channel("#access", members=members)

    assert bed.channels.find(ACCESS, timeout=WAIT) == "C0ACCESS"


def test_what_was_found_is_not_looked_for_again_after_a_restart(bed: Bed) -> None:
    bed.channels.find(ACCESS, timeout=WAIT)
    calls = asked(bed)

    assert bed.new_channels().find(ACCESS, timeout=WAIT) == "C0ACCESS"
    assert asked(bed) == calls


def test_a_rename_leads_cards_to_no_other_channel(bed: Bed) -> None:
    bed.channels.find(ACCESS, timeout=WAIT)
    remade(bed, name="renamed")

    for channels in (bed.channels, bed.new_channels()):
        assert channels.find(ACCESS, timeout=WAIT) == "C0ACCESS"


@pytest.mark.parametrize("change", [{"is_archived": True}, {"members": (), "name": "renamed"}, {}], ids=str)
@pytest.mark.parametrize("is_known", [True, False], ids=["just looked at", "known from the store"])
def test_an_id_that_leads_nowhere_any_more_is_looked_up_anew(
    bed: Bed, change: dict[str, Any], is_known: bool
) -> None:
    card = bed.card(bed.file("alice"))
    bed.channels.find(ACCESS, timeout=WAIT)
    remade(bed, **change)
    if not is_known:
        bed.clock.ahead += 600

    assert bed.messenger.post(CARD, card, timeout=WAIT).place == "C0ANEW"
    assert bed.new_channels().find(ACCESS, timeout=WAIT) == "C0ANEW"


def test_what_one_instance_looked_up_anew_another_that_has_the_old_id_finds_and_does_not_forget(bed: Bed) -> None:
    other = bed.new_channels()
    card = bed.card(bed.file("alice"))
    for each in (bed.channels, other):
        assert each.find(ACCESS, timeout=WAIT) == "C0ACCESS"
    remade(bed, is_archived=True)
    assert bed.messenger.post(CARD, card, timeout=WAIT).place == "C0ANEW"
    calls = asked(bed)
    bed.clock.ahead += 600

    assert other.find(ACCESS, timeout=WAIT) == "C0ANEW"
    assert bed.new_channels().find(ACCESS, timeout=WAIT) == "C0ANEW"
    assert asked(bed) == calls


def test_the_channel_that_has_the_name_now_is_checked_like_every_other(bed: Bed) -> None:
    card = bed.card(bed.file("alice"))
    bed.channels.find(ACCESS, timeout=WAIT)
    remade(bed, is_archived=True)
    bed.box.slack.change_channel("C0ANEW", is_ext_shared=True)

    with pytest.raises(ChannelError, match="shared with another organisation"):
        bed.messenger.post(CARD, card, timeout=WAIT)
    assert bed.box.slack.messages("C0ANEW") == []


def test_a_channel_that_is_archived_and_has_no_successor_is_an_error(bed: Bed) -> None:
    card = bed.card(bed.file("alice"))
    bed.channels.find(ACCESS, timeout=WAIT)
    bed.box.slack.change_channel("#access", is_archived=True)

    with pytest.raises(ChannelError, match="the app is in no Slack channel #access"):
        bed.messenger.post(CARD, card, timeout=WAIT)
