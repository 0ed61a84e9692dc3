"""One image as two services on one store: each refuses the other's routes, and what one decides the other does."""

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.pace import SWEEP, SWEEP_BESIDE
from demo.ports import free_port
from tests.bot.commands import process
from tests.support.running import Running, running
from tests.support.visits import Browser, link


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The public service here, and the pages in a process of their own behind the proxy."""
    folder: Path = tmp_path_factory.mktemp("office")
    with running(folder, iap_port=0, environ={"COUNTERSIGN_ROUTES": "public"}) as office:
        assert office.box.iap is not None
        port = free_port()
        env = {**office.environ, "COUNTERSIGN_ROUTES": "pages", "PORT": str(port)}
        with process("serve", env=env) as pages:
            office.box.iap.gate.upstream = f"http://127.0.0.1:{port}"
            try:
                office.until(lambda: status(office.box.iap.gate.upstream, "GET", "/health") == 200)  # type: ignore[union-attr]
                yield office
            finally:
                pages.terminate()
                pages.communicate(timeout=60)


def status(url: str, method: str, path: str) -> int:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    try:
        connection.request(method, path, headers={"Content-Length": "0"})
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def test_each_refuses_the_routes_of_the_other(office: Running) -> None:
    assert office.box.iap is not None
    pages, public = office.box.iap.gate.upstream, office.url

    assert [status(public, "GET", path) for path in ("/review/x", "/assets/pages.css", "/v1/me")] == [404] * 3
    assert [status(pages, "GET", path) for path in ("/.well-known/jwks.json", "/slack/events")] == [404, 404]
    posted = ("/slack/events", "/internal/sweep", "/signals", "/signals/okta")
    assert [status(pages, "POST", path) for path in posted] == [404] * 4
    for url in (pages, public):
        assert [status(url, "GET", path) for path in ("/health", "/ready")] == [200, 200]
    assert [status(pages, "GET", path) for path in ("/review/x", "/v1/me")] == [403, 403]
    assert [status(pages, "GET", path) for path in ("/healthz", "/health/", "/ready/")] == [404, 404, 404]
    assert status(public, "GET", "/.well-known/jwks.json") == 200


def test_what_is_decided_on_the_pages_the_public_service_does(office: Running) -> None:
    asked = office.ask("alice", "admin")
    bob = Browser(office, "bob@example.com")
    page = bob.get(link(office, asked))

    assert bob.press(page, "approve").status == 303

    assert office.granted(asked)
    office.sees("Access is active", asked)
    assert "Access is active" in bob.get(link(office, asked)).words


def test_a_vote_of_each_counts_at_the_other(office: Running) -> None:
    first, second = office.ask("alice", "pair"), office.ask("dan", "pair")
    bob, carol = Browser(office, "bob@example.com"), Browser(office, "carol@example.com")

    office.approve("carol", first)
    bob.press(bob.get(link(office, first)), "approve")
    carol.press(carol.get(link(office, second)), "approve")
    office.approve("bob", second)

    for asked in (first, second):
        office.until(lambda asked=asked: office.request(asked).state == "approved")  # type: ignore[misc]


def test_beside_pages_the_public_service_looks_for_work_every_second(office: Running) -> None:
    assert SWEEP_BESIDE * 1.2 < 2 < SWEEP
    assert office.service.background._until_due() <= SWEEP_BESIDE * 1.2
