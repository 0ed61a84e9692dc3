"""Every implementation of `Accounts` and of `Directory`, each over people that the test can change."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Protocol

import pytest

from approvals.backends import calls
from approvals.backends.directories.cloud_identity import CloudIdentity
from approvals.ports.people import Accounts, Directory
from approvals.reconcile.rolls import Rolls
from handlers.slack.accounts import SlackAccounts
from handlers.slack.client import SlackApi
from handlers.slack.workspace import Workspace as SlackWorkspace
from sandbox.app import Sandbox
from sandbox.google import Fault, Google
from tests.support.doubles import People as Double
from tests.support.googles import google, google_stage, google_url

__all__ = ["google", "google_stage", "google_url"]

GROUP = "sre@example.com"


class Workspace(Protocol):
    """Where accounts live, as its administrator sees it. Alice is an ordinary member, Gwen a guest."""

    accounts: Accounts
    alice: str
    gwen: str
    nobody: str

    def go_down(self) -> None: ...


class InSlack:
    def __init__(self, box: Sandbox) -> None:
        self._box = box
        api = SlackApi(token=box.bot_token, send=calls.send, base_url=box.slack_api_url)
        self.accounts: Accounts = SlackAccounts(api, SlackWorkspace(api), clock=lambda: datetime.now(UTC))
        team = "T0SANDBOX1"
        self.alice, self.gwen = f"slack:{team}/U0ALICE", f"slack:{team}/U0GWEN"
        self.nobody = f"slack:{team}/U0NOBODY"

    def go_down(self) -> None:
        self._box.slack.faults.add("users.info", "error", times=100)


class InMemory:
    def __init__(self) -> None:
        self._people = Double(lambda: datetime.now(UTC))
        self.accounts: Accounts = self._people
        self.alice = self._people.join("alice@example.com")
        self.gwen = self._people.join("gwen@partner.example", guest=True)
        self.nobody = "slack:T0SANDBOX1/U0NOBODY"

    def go_down(self) -> None:
        self._people.down = True


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox.start() as made:
        yield made


@pytest.fixture(params=["slack", "double"])
def workspace(request: pytest.FixtureRequest) -> Iterator[Workspace]:
    if request.param == "double":
        yield InMemory()
        return
    box: Sandbox = request.getfixturevalue("box")
    yield InSlack(box)
    box.slack.faults.clear()


class Listing(Directory, Rolls, Protocol):
    """A directory that lists its groups as well."""


class Groups(Protocol):
    """Where groups live: `GROUP` holds Alice, and nobody else."""

    directory: Listing

    def go_down(self) -> None: ...


class InCloudIdentity:
    def __init__(self, google: Google, url: str) -> None:
        self._google = google
        google.set_group(GROUP, ["alice@example.com"])
        self.directory: Listing = CloudIdentity(base_url=url)

    def go_down(self) -> None:
        self._google.faults.set(Fault(method="lookup", status=503, times=100))


class GroupsInMemory:
    def __init__(self) -> None:
        self._people = Double(lambda: datetime.now(UTC))
        self._people.groups[GROUP] = {"alice@example.com"}
        self.directory: Listing = self._people

    def go_down(self) -> None:
        self._people.down = True


@pytest.fixture(params=["cloud_identity", "double"])
def groups(request: pytest.FixtureRequest) -> Groups:
    made: dict[str, Callable[[], Groups]] = {
        "cloud_identity": lambda: InCloudIdentity(
            request.getfixturevalue("google"), request.getfixturevalue("google_url")
        ),
        "double": GroupsInMemory,
    }
    return made[request.param]()
