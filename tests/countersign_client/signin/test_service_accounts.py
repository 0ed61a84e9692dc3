"""Each way by which a program signs in as a service account, through the proxy; and what each refuses."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from countersign_client.errors import ClientError, Refused, Unreachable, Unusable
from countersign_client.signin.kept import Login
from countersign_client.signin.ways import NAMES, credential
from sandbox.google.metadata import PROGRAM
from sandbox.iap.gate import CLIENT
from tests.sandbox.iap.conftest import Proxied, Seen
from tests.sandbox.iap.programs import ROBOT, USER, called, key, proxied, running
from tests.support.drips import dripping

__all__ = ["key", "proxied", "running"]

WAYS = ("service-account", "own-jwt", f"own-jwt:{ROBOT}", f"impersonate:{ROBOT}", f"sign-jwt:{ROBOT}")
OF_IDS = tuple(way for way in WAYS if not way.startswith("own-jwt"))


@pytest.fixture(autouse=True)
def _googles(proxied: Proxied, monkeypatch: pytest.MonkeyPatch) -> None:
    """Google's own environment leads to the sandbox, and says nothing of any account."""
    from google.auth.compute_engine import _metadata  # noqa: PLC0415 - it reads the environment when it is loaded

    monkeypatch.setattr(_metadata, "_GCE_METADATA_HOST", proxied.box.metadata_host)
    monkeypatch.setattr(_metadata, "_NO_GCE_CHECK", False)
    for name, value in {
        "GCE_METADATA_IP": proxied.box.metadata_host,
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS": f"{proxied.box.google_api_url}/iamcredentials/",
        "CLOUDSDK_AUTH_TOKEN_HOST": proxied.box.token_url,
        "CLOUDSDK_CONFIG": "/nonexistent",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)


@pytest.fixture
def file(tmp_path: Path, key: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(key))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    return path


def token(
    by: str, url: str = "", *, iap_client: str = CLIENT, whole_host: bool = False, timeout: float = 30
) -> str:
    made = credential(Login(url="http://localhost", by=by, iap_client=iap_client))
    return made.token(url, whole_host=whole_host, timeout=timeout)


def through(proxied: Proxied, by: str, **more: Any) -> Seen:
    return called(proxied, token(by, f"{proxied.gate.url}/v1/requests", **more))


# --- what is refused


@pytest.mark.parametrize(
    "by", ["", "robot", "impersonate", "impersonate:", "sign-jwt:robot", "own-jwt:a@b c", "person:x"]
)
def test_a_way_that_is_none_is_refused_with_those_that_are(by: str) -> None:
    with pytest.raises(Unusable, match="there is no way to sign in by") as refused:
        token(by)
    assert all(name in str(refused.value) for name in NAMES)


def test_nobody_is_a_person_without_having_signed_in() -> None:
    with pytest.raises(Unusable, match="run countersign login"):
        token("person")


@pytest.mark.parametrize("by", OF_IDS)
def test_without_iaps_client_there_is_no_token_for_it(by: str) -> None:
    with pytest.raises(Unusable, match="--by own-jwt"):
        token(by, iap_client="")


@pytest.mark.parametrize("by", WAYS)
def test_where_there_is_no_service_account_it_is_said_what_to_do(
    by: str, monkeypatch: pytest.MonkeyPatch, proxied: Proxied
) -> None:
    from google.auth.compute_engine import _metadata  # noqa: PLC0415

    monkeypatch.setattr(_metadata, "_GCE_METADATA_HOST", "127.0.0.1:9")
    monkeypatch.setenv("GCE_METADATA_IP", "127.0.0.1:9")
    with pytest.raises(Unusable, match="GOOGLE_APPLICATION_CREDENTIALS"):
        through(proxied, by)


@pytest.mark.parametrize("by", ["service-account", "own-jwt"])
@pytest.mark.parametrize("text", ["", "[]", '{"type": "service_account"}', '{"type": "service_account", "x'])
def test_a_key_file_that_is_none_is_named(file: Path, by: str, text: str, proxied: Proxied) -> None:
    file.write_text(text)
    with pytest.raises(ClientError, match="GOOGLE_APPLICATION_CREDENTIALS"):
        through(proxied, by)


@pytest.mark.parametrize("way", ["own-jwt", "impersonate", "sign-jwt"])
def test_an_account_that_one_may_not_act_as_is_named(way: str, proxied: Proxied) -> None:
    with pytest.raises(Refused, match=r"roles/iam\.serviceAccountTokenCreator"):
        through(proxied, f"{way}:none@sandbox-project.iam.gserviceaccount.com")


@pytest.mark.parametrize("name", ["CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS", "CLOUDSDK_AUTH_TOKEN_HOST"])
def test_no_secret_goes_to_an_address_without_tls(
    name: str, monkeypatch: pytest.MonkeyPatch, proxied: Proxied
) -> None:
    monkeypatch.setenv(name, "http://iam.example.com/")
    with pytest.raises(Unusable, match=f"{name} is no address that starts with https://"):
        through(proxied, f"sign-jwt:{ROBOT}")


@pytest.mark.parametrize("by", [f"own-jwt:{ROBOT}", f"impersonate:{ROBOT}"])
def test_a_google_that_answers_in_drops_is_left(
    by: str, monkeypatch: pytest.MonkeyPatch, proxied: Proxied
) -> None:
    with dripping("body") as server:
        monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS", server.url)
        with pytest.raises(Unreachable, match="try again"):
            through(proxied, by, timeout=0.5)


def test_a_key_that_google_no_longer_takes_is_refused(file: Path, key: dict[str, str], proxied: Proxied) -> None:
    file.write_text(json.dumps(key | {"client_email": "gone@sandbox-project.iam.gserviceaccount.com"}))
    with pytest.raises(Refused, match=r"Google refuses: .*account not found"):
        through(proxied, "service-account")


# --- what comes through


@pytest.mark.parametrize("by", WAYS)
def test_each_way_comes_through_the_proxy_by_a_key_file(by: str, file: Path, proxied: Proxied) -> None:
    assert through(proxied, by).header(USER) == [f"accounts.google.com:{ROBOT}"]


@pytest.mark.parametrize("by", [way for way in WAYS if way != "own-jwt"])
def test_each_way_without_a_key_comes_through_by_the_machines_account(by: str, proxied: Proxied) -> None:
    who = PROGRAM if by == "service-account" else ROBOT
    assert through(proxied, by).header(USER) == [f"accounts.google.com:{who}"]


@pytest.mark.parametrize("by", ["own-jwt", f"own-jwt:{ROBOT}"])
def test_an_own_jwt_names_the_address_or_the_whole_host(by: str, file: Path, proxied: Proxied) -> None:
    url = f"{proxied.gate.url}/v1/requests"
    made = credential(Login(url=proxied.gate.url, by=by))
    narrow, wide = (made.token(url, whole_host=whole, timeout=30) for whole in (False, True))

    assert called(proxied, narrow, path="/v1/me").status == 401
    assert called(proxied, narrow).status == 200
    assert called(proxied, wide, path="/v1/me").status == 200
    assert made.token(url, whole_host=False, timeout=30) == narrow
    assert "GOOGLE_APPLICATION_CREDENTIALS" in os.environ
