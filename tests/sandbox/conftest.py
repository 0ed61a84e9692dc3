"""A running sandbox for each test, and an app of Slack's own making (Bolt) to drive it with."""

import time
from collections.abc import Iterator

import pytest
from slack_bolt import App
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.app import Sandbox
from tests.support.servers import serve


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def box(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox.start(clock=clock) as running:
        yield running


@pytest.fixture
def client(box: Sandbox) -> WebClient:
    return WebClient(token=box.bot_token, base_url=box.slack_api_url, retry_handlers=[])


@pytest.fixture
def app(box: Sandbox, client: WebClient, clock: Clock) -> Iterator[App]:
    """An empty Bolt app that the workspace reaches."""
    # Bolt reads the system's clock when it checks signatures.
    clock.now = time.time()
    made = bolt(box, client)

    async def events(request: Request) -> Response:
        asked = to_bolt_request(request, await request.body())
        return to_starlette_response(await run_in_threadpool(made.dispatch, asked))

    with serve(Starlette(routes=[Route("/slack/events", events, methods=["POST"])])) as url:
        box.bot_url = f"{url}/slack/events"
        yield made


def bolt(box: Sandbox, client: WebClient) -> App:
    """An app without listeners that trusts the sandbox's signing secret."""

    def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None, team_id="T0SANDBOX1", bot_token=box.bot_token, bot_user_id="U0COUNTERSIGN"
        )

    return App(client=client, signing_secret=box.signing_secret, authorize=authorize, process_before_response=True)
