"""The program with a second channel beside Slack: it knows both by their records alone."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from approvals.identities import UnknownChannel
from bot.channels import CHANNELS
from bot.settings import SettingsError, read
from tests.bot.lobbies import HALVES, LOBBY, Mute, OpenLobby
from tests.support.lobby import Lobby
from tests.support.running import POLICY, Running, running

BOTH = (*CHANNELS, LOBBY)
SLACK = {"SLACK_BOT_TOKEN": "xoxb-1-2-abc", "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef"}
BOB, CAROL = "bob@example.com", "carol@example.com"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Two channels, and a policy that names no room: everybody who may decide gets a card in each."""
    folder: Path = tmp_path_factory.mktemp("office")
    policy = POLICY.replace('  channel: "#access"\n', "")
    with running(folder, policy=policy, channels=BOTH, environ={"LOBBY_KEY": "open sesame"}) as office:
        yield office


def lobby(office: Running) -> OpenLobby:
    opened = office.service.channels["lobby"]
    assert isinstance(opened, OpenLobby)
    return opened


def filed(office: Running) -> str:
    """A request of alice's whose cards stand in both channels."""
    said = office.box.slack.command("alice", "/jit request pair for 1h because INC-1 disk full").body
    asked = office.service.store.open_of("alice@example.com")[0].id
    assert asked in said
    board = lobby(office).messenger
    cards = [f"card:{who} by lobby" for who in (BOB, CAROL)]
    office.until(lambda: all(message and message[0].token for message in (board.of(asked, key) for key in cards)))
    return asked


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "LOBBY_KEY: it is missing"),
        ({"LOBBY_KEY": "abc"}, "LOBBY_KEY: it is too short"),
        ({"LOBBY_KEY": "weak"}, "LOBBY_KEY: everybody knows it"),
    ],
)
def test_the_settings_of_every_channel_are_read_and_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(SLACK | given, channels=BOTH)

    assert len(refused.value.problems) == 1
    assert refused.value.problems[0].startswith(said)


def test_a_secret_of_every_channel_is_kept_out_of_the_log() -> None:
    settings = read(SLACK | {"LOBBY_KEY": "open sesame"}, channels=BOTH)

    assert {secret.reveal() for secret in settings.secrets} == {*SLACK.values(), "open sesame"}


@pytest.fixture(scope="module")
def halved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Beside Slack a channel without accounts, and one without a messenger."""
    pages = {"COUNTERSIGN_PAGES_URL": "http://pages.localhost:8088", "COUNTERSIGN_ROUTES": "public"}
    environ = {"MUTE_KEY": "m", "DEAF_KEY": "d", **pages}
    policy = POLICY.replace('  channel: "#access"\n', "")
    with running(
        tmp_path_factory.mktemp("halved"), policy=policy, channels=(*CHANNELS, *HALVES), environ=environ
    ) as office:
        yield office


def test_nobody_is_let_in_by_a_channel_without_accounts(halved: Running) -> None:
    deaf, mute = (halved.service.channels[name].accounts for name in ("deaf", "mute"))

    assert deaf is not None
    assert mute is None
    visitor = Lobby(halved.clock).enter(BOB)
    for look in (
        lambda: halved.service.accounts.account(f"mute:{BOB}", timeout=1.0),
        lambda: halved.service.accounts.entrance("mute").account(f"mute:{BOB}", timeout=1.0),
        lambda: halved.service.accounts.entrance("mute").identify(
            msgspec.structs.replace(visitor, ref=f"mute:{BOB}"), purpose="decide", now=halved.clock()
        ),
    ):
        with pytest.raises(UnknownChannel):
            look()


def test_messages_go_out_by_the_channels_that_have_a_messenger(halved: Running) -> None:
    halved.box.slack.command("alice", "/jit request admin for 1h because INC-1 disk full")
    asked = halved.service.store.open_of("alice@example.com")[0].id
    mute = halved.service.channels["mute"]
    assert isinstance(mute, Mute)

    halved.until(lambda: mute.messenger.of(asked, f"card:{BOB} by mute"))
    assert mute.pages_url == "http://pages.localhost:8088"


@pytest.mark.parametrize("path", ["/loft/", "/loft/upstairs/2"])
def test_a_door_whose_path_ends_in_a_slash_takes_all_below_it(halved: Running, path: str) -> None:
    assert halved.fetch(path) == (200, path)


@pytest.mark.parametrize("path", ["/loft", "/lofty", "//loft/", "/x/loft/"])
def test_and_nothing_beside_it(halved: Running, path: str) -> None:
    assert halved.fetch(path)[0] == 404


def test_a_channel_that_is_not_set_up_is_not_there(tmp_path: Path) -> None:
    with running(tmp_path, channels=(*CHANNELS, *HALVES), environ={"MUTE_KEY": "m"}) as office:
        assert list(office.service.channels) == ["slack", "signals", "mute"]


def test_who_may_not_decide_is_refused_at_every_door(office: Running) -> None:
    asked = filed(office)

    assert office.fetch(f"/lobby?who={BOB}&on={asked}", method="POST") == (200, "pending")
    assert office.refused("bob", "deny", asked)
    assert office.request(asked).reviews[0].channel == "lobby"
    office.press("alice", "withdraw", asked)


def test_a_request_is_approved_by_a_vote_in_each_channel_and_told_in_both(office: Running) -> None:
    asked = filed(office)

    office.approve("bob", asked)
    assert office.fetch(f"/lobby?who={CAROL}&on={asked}", method="POST") == (200, "approved")

    assert [vote.channel for vote in office.request(asked).reviews] == ["slack", "lobby"]
    board = lobby(office).messenger
    office.until(
        lambda: {message.drawn.request.state for message in board.of(asked) if message.drawn} == {"approved"}
    )
    assert office.told("bob", asked)
    office.until(lambda: (grant := office.request(asked).grant) is not None and grant.state == "active")


def test_what_is_wrong_in_any_channel_is_told_to_whoever_asks(office: Running) -> None:
    lobby(office).complaint = "the lobby is flooded"
    assert office.fetch("/ready") == (200, "ready\nthe lobby is flooded")

    lobby(office).complaint = ""
    assert office.fetch("/ready") == (200, "ready")


def test_every_channel_looks_at_a_policy_that_changed(office: Running) -> None:
    for lookout in office.service.lookouts:
        lookout.start()
    seen = office.until(lambda: lobby(office).looked)

    office.policy_file.write_text(office.policy_file.read_text() + "# again\n")
    office.service.background.wake()

    office.until(lambda: lobby(office).looked > seen)


def test_every_channel_is_closed_with_the_program(tmp_path: Path) -> None:
    with running(tmp_path, channels=BOTH, environ={"LOBBY_KEY": "open sesame"}) as office:
        opened = lobby(office)
        assert not opened.is_closed

    assert opened.is_closed
