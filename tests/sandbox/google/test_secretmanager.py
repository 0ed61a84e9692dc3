"""The sandbox's Secret Manager keeps versions as Google does."""

import base64
from typing import Any

import pytest

from sandbox.google import Google
from sandbox.google.secrets import LARGEST, crc32c
from tests.sandbox.google.conftest import Client

SECRET = "projects/demo-prod/secrets/signer"
ADD = f"secretmanager/v1/{SECRET}:addVersion"


def add(client: Client, data: bytes, **more: str) -> tuple[int, dict[str, Any]]:
    return client.call("POST", ADD, {"payload": {"data": base64.b64encode(data).decode(), **more}})


def access(client: Client, version: str) -> tuple[int, dict[str, Any]]:
    return client.call("GET", f"secretmanager/v1/{SECRET}/versions/{version}:access")


@pytest.fixture(autouse=True)
def _secret(google: Google) -> None:
    google.secrets.create(SECRET)


def test_a_secret_that_does_not_exist_takes_no_version(client: Client) -> None:
    assert client.call("POST", ADD.replace("signer", "other"), {"payload": {"data": "YQ=="}})[0] == 404


@pytest.mark.parametrize("version", ["latest", "1", "0", "newest"])
def test_a_version_that_does_not_exist_is_not_found(client: Client, version: str) -> None:
    assert access(client, version)[0] == 404


@pytest.mark.parametrize(
    "body", [{}, {"payload": {}}, {"payload": {"data": ""}}, {"payload": {"data": "no base64"}}]
)
def test_a_version_without_data_is_refused(client: Client, body: object) -> None:
    assert client.call("POST", ADD, body)[0] == 400


def test_a_version_holds_64_kibibytes_and_not_one_byte_more(client: Client) -> None:
    assert add(client, b"x" * LARGEST)[0] == 200
    assert add(client, b"x" * (LARGEST + 1))[0] == 400


def test_data_that_does_not_match_its_checksum_is_refused(client: Client) -> None:
    assert add(client, b"123456789", dataCrc32c="7")[0] == 400
    assert add(client, b"123456789", dataCrc32c=str(0xE3069283))[0] == 200


def test_the_checksum_is_that_of_the_standard() -> None:
    # RFC 3720 appendix B.4: 32 bytes of zeroes, of ones, and ascending.
    assert [crc32c(data) for data in (bytes(32), b"\xff" * 32, bytes(range(32)))] == [
        0x8A9136AA,
        0x62A8AB43,
        0x46DD794E,
    ]


def test_versions_count_from_one_and_latest_is_the_newest(client: Client) -> None:
    assert add(client, b"old")[1]["name"] == f"{SECRET}/versions/1"
    assert add(client, b"new")[1]["name"] == f"{SECRET}/versions/2"

    assert [access(client, version)[1]["name"] for version in ("1", "2", "latest")] == [
        f"{SECRET}/versions/1",
        f"{SECRET}/versions/2",
        f"{SECRET}/versions/2",
    ]
    assert base64.b64decode(access(client, "1")[1]["payload"]["data"]) == b"old"
    assert base64.b64decode(access(client, "latest")[1]["payload"]["data"]) == b"new"


@pytest.mark.parametrize("state", ["DISABLED", "DESTROYED"])
def test_a_version_that_is_not_enabled_gives_nothing_even_as_latest(
    client: Client, google: Google, state: Any
) -> None:
    add(client, b"old")
    add(client, b"new")

    google.secrets.versions(SECRET)[1].state = state

    code, answer = access(client, "latest")
    assert (code, answer["error"]["status"]) == (400, "FAILED_PRECONDITION")
    assert access(client, "1")[0] == 200
