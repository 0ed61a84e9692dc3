"""Google's own Pub/Sub emulator, where it can be had, with what a subscriber is given."""

import asyncio
import atexit
import base64
import functools
import http.client
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from chaos import emulator
from demo.ports import free_port
from sandbox.google.topics import Published
from tests.conftest import PUBSUB
from tests.support.emulators import new_project
from tests.support.servers import serve

PATIENCE = 60.0


def jar() -> Path | None:
    """Where it is, if it is installed. It needs Java."""
    return max(PUBSUB.glob("lib/cloud-pubsub-emulator-*-all.jar"), default=None)


@pytest.fixture(scope="session")
def pubsub_host() -> str:
    """`host:port` of the emulator; a test of it is left out where that is missing."""
    return _running()


@pytest.fixture(scope="session")
def pubsub_url(pubsub_host: str) -> Iterator[str]:
    """What `GOOGLE_API_BASE_URL` is for it: it stands under the name of its service there."""

    async def passed_on(request: Request) -> Response:
        path, body = request.path_params["path"], await request.body()
        status, octets = await asyncio.to_thread(call, pubsub_host, request.method, path, body)
        return Response(octets, status, media_type="application/json")

    routes = [Route("/{path:path}", passed_on, methods=["GET", "POST", "PUT"])]
    with serve(Starlette(routes=[Mount("/pubsub", routes=routes)])) as url:
        yield url


class Subscriber:
    """Somebody who is given all that a topic of a project of their own gets, once they have made it."""

    def __init__(self, host: str) -> None:
        self._host, project = host, f"projects/{new_project()}"
        self.topic, self._subscription = f"{project}/topics/access", f"{project}/subscriptions/all"
        self._messages: list[Published] = []

    def create(self) -> None:
        """Make the topic, and subscribe to it."""
        self._done("PUT", self.topic, {})
        self._done("PUT", self._subscription, {"topic": self.topic})

    def messages(self) -> list[Published]:
        """All that came so far, first things first."""
        asked = {"maxMessages": 1000, "returnImmediately": True}
        while came := self._done("POST", f"{self._subscription}:pull", asked).get("receivedMessages"):
            for each in came:
                told = each["message"]
                self._messages.append(
                    Published(base64.b64decode(told.get("data", "")), told.get("attributes", {}))
                )
            ids = [each["ackId"] for each in came]
            self._done("POST", f"{self._subscription}:acknowledge", {"ackIds": ids})
        return list(self._messages)

    def _done(self, method: str, name: str, body: object) -> dict[str, Any]:
        status, octets = call(self._host, method, f"v1/{name}", json.dumps(body).encode())
        assert status == 200, octets
        answer: dict[str, Any] = json.loads(octets)
        return answer


def call(host: str, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(host, timeout=PATIENCE)
    try:
        connection.request(method, f"/{path}", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@functools.cache
def _running() -> str:
    """Started once for each process of the test run, and ended with it."""
    host, light = f"127.0.0.1:{free_port()}", ["-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    at = ["--host=127.0.0.1", f"--port={host.rpartition(':')[2]}"]
    process = subprocess.Popen(
        ["java", *light, "-jar", str(jar()), *at],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"]},
    )
    atexit.register(process.kill)
    emulator.wait(process, lambda: _answers(host))
    return host


def _answers(host: str) -> bool:
    try:
        return call(host, "GET", "v1/projects/shop-tools/topics", b"")[0] == 200
    except OSError:
        return False
