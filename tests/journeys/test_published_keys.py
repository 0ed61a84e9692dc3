"""Keys that applications and issuers publish, fetched over real TLS by the running service: whatever is there.

The pages stand on this machine, behind a certificate of an authority that only this test's calls trust.
"""

import asyncio
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from countersign_client.jwks import public_jwk
from tests.support.applications import App
from tests.support.callers import Said
from tests.support.certificates import certificate, trusted
from tests.support.programs import Program
from tests.support.running import Running, running
from tests.support.servers import serve
from tests.support.shop import POLICY

TROUBLES = ("redirect", "huge", "drops", "silent", "compressed", "html", "missing", "broken")
"""What stands in the place of a set of keys."""

PRIVATE = "keys.internal.example.com"
"""A host whose address is of a private network."""


class Pages:
    """A site that publishes sets of keys by their paths, and does what a path says with all others."""

    def __init__(self) -> None:
        self.said: dict[str, Any] = {}
        self.asked: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"].removeprefix("/")
        self.asked.append(path)
        status, headers, pieces = await _answer(path, self.said)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            if path.startswith("drops"):
                await asyncio.sleep(0.2)
        await send({"type": "http.response.body", "body": b""})

    def publish(self, path: str, *apps: App) -> None:
        self.said[path] = {"keys": [each.jwk for each in apps]}


async def _answer(path: str, said: dict[str, Any]) -> tuple[int, list[tuple[bytes, bytes]], list[bytes]]:
    good = json.dumps(said.get(path) or said["good"]).encode()
    if path in said:
        return 200, [(b"content-type", b"application/json")], [good]
    if path == "silent":
        await asyncio.sleep(60)
    return {
        "redirect": (302, [(b"location", b"/good")], [good]),
        "huge": (200, [], [good[:-1] + b" " * 70_000 + b"}"]),
        "drops": (200, [], [good[place : place + 1] for place in range(len(good))]),
        "silent": (200, [], [good]),
        "compressed": (200, [(b"content-encoding", b"gzip")], [good]),
        "html": (200, [(b"content-type", b"text/html")], [b"<h1>Sign in</h1>"]),
        "broken": (200, [], [good[:-2]]),
    }.get(path, (404, [], [good]))


class Site:
    """The service, the pages that it calls, and programs whose keys stand there."""

    def __init__(self, office: Running, pages: Pages, apps: dict[str, App], staff: "Staff") -> None:
        self.office, self.pages, self.apps, self.staff = office, pages, apps, staff

    def call(self, name: str, *, key: App | None = None) -> Said:
        """A call of this application, signed by its own key or another one."""
        return Program(self.office, key or self.apps[name]).get("/v1/actions")

    def ask(self, token: str) -> Said:
        return Program(self.office, self.apps["good"]).post(
            "/v1/requests", {"action": "close", "on_behalf_of": {"token": token}}
        )


class Staff:
    """An issuer of tokens at those pages."""

    def __init__(self, url: str, office: Any = None) -> None:
        self.url, self.office = url, office
        self.key, self.kid = ec.generate_private_key(ec.SECP256R1()), "k1"

    def publish(self, pages: Pages, name: str, **changes: Any) -> None:
        told = {"issuer": f"{self.url}/{name}", "jwks_uri": f"{self.url}/{name}/keys"}
        pages.said[f"{name}/.well-known/openid-configuration"] = told | changes
        pages.said[f"{name}/keys"] = {"keys": [public_jwk(self.key.public_key()) | {"kid": self.kid}]}

    def token(self, name: str) -> str:
        now = int(self.office.clock.seconds())
        said = {"iss": f"{self.url}/{name}", "aud": "books", "sub": "a", "iat": now, "exp": now + 3600}
        said |= {"email": "alice@example.com", "email_verified": True}
        return jwt.encode(said, self.key, algorithm="ES256", headers={"kid": self.kid})


ISSUERS = ("staff", "liar", "astray", "moved")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    pem, public = certificate(tmp_path, name="localhost")
    pages = Pages()
    apps = {name: App(name) for name in ("good", "inside", *TROUBLES)}
    with (
        pytest.MonkeyPatch.context() as patched,
        trusted(public, patched),
        serve(pages, ssl_certfile=str(pem)) as served,
    ):
        url = f"https://localhost:{served.rpartition(':')[2]}"
        patched.setattr(socket, "getaddrinfo", _resolving(socket.getaddrinfo))
        pages.publish("good", apps["good"])
        staff = Staff(url)
        staff.publish(pages, "staff")
        staff.publish(pages, "liar", issuer="https://login.example.com")
        staff.publish(pages, "astray", jwks_uri=f"https://{PRIVATE}/keys")
        with running(tmp_path, policy=_policy(url, apps)) as office:
            staff.office = office
            for app in apps.values():
                app._now = office.clock
            yield Site(office, pages, apps, staff)


def _policy(url: str, apps: dict[str, App]) -> str:
    brings = [{"issuer": name, "audience": "books"} for name in ISSUERS]
    listed = [
        {"id": name, "title": name, "jwks_uri": f"{url}/{name}", "brings": brings}
        | ({"jwks_uri": f"https://{PRIVATE}/keys"} if name == "inside" else {})
        for name in apps
    ]
    issuers: list[dict[str, Any]] = [{"id": name, "issuer": f"{url}/{name}"} for name in ISSUERS]
    issuers[0]["domains"] = ["example.com"]
    action = {
        "id": "close",
        "application": "good",
        "title": "Close the books",
        "requesters": ["domain:example.com"],
        "approval": [{"approvers": ["group:sre"], "needed": 1}],
        "pending": "30m",
    }
    return f"""{POLICY}
issuers: {json.dumps(issuers)}
applications: {json.dumps(listed)}
actions: {json.dumps([action])}
"""


def _resolving(real: Any) -> Any:
    def resolve(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host != PRIVATE:
            return real(host, port, *args, **options)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.9.8.7", port))]

    return resolve


# --- what is no set of keys


def test_nobody_is_let_in_by_what_is_no_set_of_keys_and_all_are_told_to_come_again(site: Site) -> None:
    names, before = (*TROUBLES, "inside"), site.pages.asked.count("good")
    with ThreadPoolExecutor(len(names)) as pool:
        said = dict(zip(names, pool.map(site.call, names), strict=True))

    assert {name: each.status for name, each in said.items()} == dict.fromkeys(names, 503)
    assert all(int(each.headers["retry-after"]) > 0 for each in said.values())
    assert site.pages.asked.count("good") == before


def test_an_issuer_that_is_another_one_leads_inside_or_is_not_there_proves_nobody(site: Site) -> None:
    said = {name: site.ask(site.staff.token(name)) for name in ("liar", "astray", "moved")}

    assert {name: (each.status, "retry-after" in each.headers) for name, each in said.items()} == dict.fromkeys(
        said, (503, True)
    )


# --- keys that change


def test_a_new_key_serves_as_soon_as_it_may_be_looked_for_and_strangers_cause_no_fetch(site: Site) -> None:
    assert site.call("good").status == 200
    new, stranger = App("good", kid="k2", now=site.office.clock), App("good", kid="k3", now=site.office.clock)
    before = site.pages.asked.count("good")
    site.pages.publish("good", site.apps["good"], new)

    assert [site.call("good", key=each).status for each in (stranger, new, stranger)] == [401, 401, 401]
    assert site.pages.asked.count("good") == before
    site.office.ahead(seconds=31)
    assert [site.call("good", key=each).status for each in (new, stranger, site.apps["good"])] == [200, 401, 200]
    assert site.pages.asked.count("good") == before + 1


def test_the_keys_of_an_issuer_that_changed_them_serve_as_soon(site: Site) -> None:
    assert site.ask(site.staff.token("staff")).status == 201
    site.staff.key, site.staff.kid = ec.generate_private_key(ec.SECP256R1()), "k2"
    site.staff.publish(site.pages, "staff")

    assert site.ask(site.staff.token("staff")).status == 401
    site.office.ahead(seconds=31)
    assert site.ask(site.staff.token("staff")).status == 201


def test_keys_whose_page_is_away_serve_for_a_day_and_no_longer(site: Site) -> None:
    assert site.call("good").status == 200
    site.pages.said["good"] = "Come again later."
    site.office.ahead(hours=22)
    assert site.call("good").status == 200
    site.office.ahead(hours=3)

    said = site.call("good")

    assert (said.status, "retry-after" in said.headers) == (503, True)
