"""The one fetcher: what it never calls, whoever names it, and how little it takes of what answers."""

import gzip
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from approvals.backends.fetching import LARGEST, Fetcher, NotAllowed
from approvals.policy.reading.addresses import address
from approvals.policy.reading.document import Reader
from approvals.refusals.errors import Unavailable
from tests.support.certificates import certificate, trusted
from tests.support.drips import dripping
from tests.support.servers import serve

fetch, fetch_here = Fetcher(sandbox=False), Fetcher(sandbox=True)
GOOD, METADATA = "93.184.216.34", "169.254.169.254"


class Resolver:
    """What the system's look-up says, one answer after another; and nobody connects anywhere by it."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, **_: Any) -> list[Any]:
        self.asked.append(host)
        return [_entry(each, port) for each in self.answers.pop(0)]


def _entry(address: str, port: int) -> Any:
    if ":" in address:
        return (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))


class NoNetwork(socket.socket):
    """Says where a connection would have gone."""

    went: ClassVar[list[Any]] = []

    def connect(self, address: Any) -> None:
        self.went.append(address)
        raise ConnectionRefusedError(f"this would have gone to {address}")


@pytest.fixture
def went(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    monkeypatch.setattr(NoNetwork, "went", [])
    monkeypatch.setattr(socket, "socket", NoNetwork)
    return NoNetwork.went


def resolved(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> Resolver:
    resolver = Resolver(*answers)
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    return resolver


URLS = [
    "http://issuer.example.com/",
    "ftp://issuer.example.com/",
    "file:///etc/passwd",
    "HTTPS://issuer.example.com/",
    "//issuer.example.com/",
    "https://",
    "https:///x",
    "https://user@issuer.example.com/",
    "https://user:secret@issuer.example.com/",
    "https://issuer.example.com@evil.example/",
    "https://good.example\\@evil.example/",
    "https://good.example\\.evil.example/",
    "https://issuer.example.com:8443/",
    "https://issuer.example.com:80/",
    "https://issuer.example.com:0/",
    "https://issuer.example.com:/",
    "https://issuer.example.com:65979/",
    "https://issuer.example.com/#part",
    "https://issuer.example.com/{a}",
    "https://issuer.example.com/a b",
    "https://issuer.example.com/a\tb",
    "https://issuer.exa\tmple.com/",
    "https://issuer.example.com/\r\nX-More: 1",
    "https://issuer.example.com/\n",
    "\nhttps://issuer.example.com/",
    "https://issuer.example.com\n",
    "https://issuer.example.com./",
    "https://issuer..example.com/",
    "https://-issuer.example.com/",
    "https://issuer_1.example.com/",
    "https://issüer.example.com/",
    "https://xn--.-/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://0177.0.0.1/",
    "https://0x7f.1/",
    "https://2130706433/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://8.8.8.8/",
    "https://localhost/",
    "https://metadata/",
    "https://%6cocalhost.example.com/",
    f"https://issuer.example.com/{'x' * 2048}",
]


@pytest.mark.parametrize("url", URLS)
def test_a_url_of_another_form_is_never_looked_up(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolver = resolved(monkeypatch)
    with pytest.raises(NotAllowed):
        fetch("GET", url)
    assert resolver.asked == []


HERE = ("https://127.0.0.1/", "https://localhost/")
"""They may be called in a sandbox, of which lint does not know."""


@pytest.mark.parametrize("url", [each for each in URLS if each not in HERE])
def test_lint_names_a_url_that_is_never_called(url: str) -> None:
    reader, mark = Reader("policy.yaml"), yaml.Mark("", 0, 0, 0, None, 0)
    node = yaml.ScalarNode("tag:yaml.org,2002:str", url, mark, mark)

    assert address(reader, node, "webhook", query=True) is None
    assert {each.code for each in reader.problems} == {"bad-url"}


@pytest.mark.parametrize(
    "found",
    [
        *(["127.0.0.1"], ["10.0.0.1"], ["64:ff9b::7f00:1"], ["::ffff:127.0.0.1"], ["fe80::1%eth0"], [METADATA]),
        *([GOOD, "127.0.0.1"], ["2606:4700::1", METADATA], ["10.9.0.1", "10.8.0.1"]),
    ],
)
def test_one_address_that_may_not_be_called_is_enough(
    found: list[str], monkeypatch: pytest.MonkeyPatch, went: list[Any]
) -> None:
    resolver = resolved(monkeypatch, found)
    with pytest.raises(NotAllowed, match="not public"):
        fetch("GET", "https://issuer.example.com/", networks=("10.8.0.0/16",))
    assert (resolver.asked, went) == (["issuer.example.com"], [])


def test_a_resolver_that_changes_its_answer_is_asked_once_and_its_first_answer_is_called(
    monkeypatch: pytest.MonkeyPatch, went: list[Any]
) -> None:
    resolver = resolved(monkeypatch, [GOOD], [METADATA])
    with pytest.raises(Unavailable, match="would have gone"):
        fetch("GET", "https://issuer.example.com/")
    assert (resolver.asked, went) == (["issuer.example.com"], [(GOOD, 443)])


def test_a_private_network_and_a_port_are_called_where_they_are_listed(
    monkeypatch: pytest.MonkeyPatch, went: list[Any]
) -> None:
    resolved(monkeypatch, ["10.8.0.5"])
    with pytest.raises(Unavailable, match="would have gone"):
        fetch("GET", "https://sso.example.com:8443/x?y=1", networks=("10.8.0.0/16",), ports=(8443,))
    assert went == [("10.8.0.5", 8443)]


@pytest.mark.parametrize("name", ["https_proxy", "all_proxy"])
def test_a_proxy_of_the_environment_is_not_used(
    name: str, monkeypatch: pytest.MonkeyPatch, went: list[Any]
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    resolved(monkeypatch, [GOOD])
    with pytest.raises(Unavailable):
        fetch("GET", "https://issuer.example.com/")
    assert went == [(GOOD, 443)]


@pytest.mark.parametrize("url", ["http://localhost:1/", "http://127.0.0.1:1/", "https://localhost:1/"])
def test_this_machine_is_called_in_a_sandbox_alone(url: str) -> None:
    with pytest.raises(NotAllowed):
        fetch("GET", url)
    with pytest.raises(Unavailable, match="refused"):
        fetch_here("GET", url)


@pytest.mark.parametrize("url", ["http://localhost/", "https://localhost:8443/"])
def test_a_sandbox_calls_no_other_machine_by_this_ones_name(
    url: str, monkeypatch: pytest.MonkeyPatch, went: list[Any]
) -> None:
    resolved(monkeypatch, ["127.0.0.1", METADATA])
    with pytest.raises(NotAllowed):
        fetch_here("GET", url)
    assert went == []


@pytest.mark.parametrize("url", ["http://issuer.example.com/", "http://127.0.0.1:99999/", "http://127.0.0.2/"])
def test_a_sandbox_calls_others_by_https_alone(url: str) -> None:
    with pytest.raises(NotAllowed):
        fetch_here("GET", url)


def test_what_drips_ends_at_the_deadline() -> None:
    def fetch() -> None:
        began = time.monotonic()
        with pytest.raises(Unavailable):
            fetch_here("GET", server.url, timeout=0.6)
        assert time.monotonic() - began < 30

    with dripping("body") as server:
        assert server.is_asked_once_by(fetch)


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    async def large(request: Request) -> Response:
        return Response(b"x" * (LARGEST + int(request.query_params["more"])))

    async def bomb(request: Request) -> Response:
        return Response(gzip.compress(bytes(10_000_000)), headers={"content-encoding": request.query_params["as"]})

    async def moved(_: Request) -> Response:
        return RedirectResponse("/echo", 302)

    async def echo(request: Request) -> Response:
        said = {**request.headers, "method": request.method, "body": (await request.body()).decode()}
        return JSONResponse(said)

    routes = [Route(f"/{each.__name__}", each, methods=["GET", "POST"]) for each in (large, bomb, moved, echo)]
    with serve(Starlette(routes=routes)) as url:
        yield url


def test_more_than_64_kb_are_not_held(web: str) -> None:
    assert len(fetch_here("GET", f"{web}/large?more=0").body) == LARGEST
    with pytest.raises(Unavailable, match="too large"):
        fetch_here("GET", f"{web}/large?more=1")


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "deflate", "br", "identity,gzip"])
def test_what_comes_compressed_is_no_answer(coding: str, web: str) -> None:
    with pytest.raises(Unavailable, match="compressed"):
        fetch_here("GET", f"{web}/bomb?as={coding}")


def test_a_redirect_leads_nowhere(web: str) -> None:
    assert fetch_here("GET", f"{web}/moved").status == 302


def test_method_headers_and_body_arrive_and_the_host_is_named(web: str) -> None:
    answer = fetch_here("POST", f"{web}/echo", headers={"webhook-id": "m1"}, body=b"{}")
    assert answer.status == 200
    for said in ('"method":"POST"', '"body":"{}"', '"webhook-id":"m1"', '"accept-encoding":"identity"'):
        assert said in answer.body.decode()
    assert f'"host":"{web.removeprefix("http://")}"' in answer.body.decode()


def test_a_certificate_must_be_of_the_hosts_name_though_it_is_called_by_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, good in (("localhost", True), ("elsewhere.example", False)):
        pem, public = certificate(tmp_path, name=name)
        with serve(_ok, ssl_certfile=str(pem)) as url, trusted(public, monkeypatch):
            port = url.rpartition(":")[2]
            if good:
                assert fetch_here("GET", f"https://localhost:{port}/").status == 200
                continue
            with pytest.raises(Unavailable, match=r"(?i)certificate"):
                fetch_here("GET", f"https://localhost:{port}/")


async def _ok(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})
