"""The same story over Socket Mode: no address of the service's own, no signing secret."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.socket_mode import SocketMode
from tests.running import Running, running


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The program with an app token, connected."""
    folder: Path = tmp_path_factory.mktemp("office")
    with running(folder, environ={"SLACK_APP_TOKEN": "xapp-sandbox", "SLACK_SIGNING_SECRET": ""}) as office:
        mode = SocketMode(office.service.slack, app_token="xapp-sandbox", base_url=office.box.slack_api_url)
        mode.connect()
        try:
            office.box.slack.sockets.wait()
            office.box.bot_url = ""
            yield office
        finally:
            mode.close()


def test_the_whole_story(office: Running) -> None:
    assert office.box.slack.command("alice", "/jit").ok
    options = office.box.slack.suggest("alice", "entitlement", "deploy").options
    assert [option["value"] for option in options] == ["signed"]
    form = {"entitlement": "signed", "duration": "soon", "justification": "CHG-7"}
    assert set(office.box.slack.submit("alice", form).errors) == {"duration"}
    assert office.box.slack.submit("alice", form | {"duration": "1h"}).ok
    (request,) = office.service.store.open_of("alice@example.com")
    asked = request.id

    assert "own request" in office.refused("alice", "approve", asked)
    office.approve("bob", asked)
    office.press("carol", "sign", asked)
    assert office.box.slack.submit("carol", {"printed_name": "Carol Chen", "meaning": "I approve this"}).ok
    assert len(office.granted(asked)) == 2
    assert "Carol Chen" in office.sees("Access is active", asked)

    assert office.press("alice", "end", asked).ok
    office.gone(asked)
    office.sees("Access has ended", asked)


def test_a_denial_with_its_reason(office: Running) -> None:
    asked = office.ask("alice", "admin")
    office.press("dan", "deny", asked)
    assert office.box.slack.submit("dan", {"reason": "Not today"}).ok
    assert "Not today" in office.told("alice", "was denied by dan@example.com")


def test_nothing_comes_in_over_http(office: Running) -> None:
    assert office.fetch("/slack/events", method="POST", body=b"x")[0] == 404
