"""The program over Socket Mode: connected to the sandbox, with no address of its own and no signing secret."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from handlers.slack.opened import Slack
from handlers.slack.pace import Pace
from handlers.slack.socket_mode import SocketMode
from tests.support.running import POLICY, Running, running


def socket_mode(office: Running, *, base_url: str = "") -> SocketMode:
    """What connects the program to the sandbox, or to another Slack."""
    slack = office.service.channels["slack"]
    assert isinstance(slack, Slack)
    return SocketMode(
        slack.app,
        app_token="xapp-sandbox",
        base_url=base_url or office.box.slack_api_url,
        equipment=slack._equipment,
        pace=Pace(longest=0.0),
        pulse=slack.socket_mode,
    )


@contextmanager
def running_by_socket(
    folder: Path, *, policy: str = POLICY, environ: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Running]:
    """Run the program with an app token, connected."""
    settings = {"SLACK_APP_TOKEN": "xapp-sandbox", "SLACK_SIGNING_SECRET": "", **environ}
    with running(folder, policy=policy, environ=settings) as office:
        mode = socket_mode(office)
        mode.connect()
        try:
            office.box.slack.sockets.wait()
            office.box.bot_url = ""
            yield office
        finally:
            mode.close()
