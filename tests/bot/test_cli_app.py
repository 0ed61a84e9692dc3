"""`app new`: a key that nobody else sees, for which nothing is written over, and what the policy needs of it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from approvals.policy.parties import Application
from countersign_client.call_tokens import SigningKey, authorization, read_key
from countersign_client.jwks import public_jwk, verifying
from handlers.identity.application import Signed
from tests.bot.commands import run
from tests.handlers.identity.callers import reader
from tests.support.applications import URL
from tests.support.builders import NOW


def require_pair(key: SigningKey, stanza: str, name: str = "payments") -> None:
    """What stands in the policy lets in whoever signs by this key."""
    (found,) = yaml.safe_load(stanza)["applications"]
    listed = Application(id=found["id"], title=found["title"], keys=tuple(found["keys"]))
    said = authorization(
        key,
        issuer=name,
        audience=URL,
        method="GET",
        url=f"{URL}/v1/actions",
        body=b"",
        idempotency_key=None,
        now=NOW,
    )
    call = Signed(method="GET", target="/v1/actions", headers=((b"authorization", said.encode()),), body=b"")
    assert reader(listed).caller(call, now=NOW).application.id == name


@pytest.mark.parametrize("there", ["a file", "a link to one", "a link to nothing"])
def test_nothing_is_written_over(tmp_path: Path, there: str) -> None:
    path, other = tmp_path / "payments.jwk", tmp_path / "other"
    if there == "a file":
        path.write_text("mine")
    else:
        path.symlink_to(other)
        if there == "a link to one":
            other.write_text("mine")

    done = run("app", "new", "payments", "--key", path)

    assert done.exit_code == 1
    assert "is not written over" in done.stderr
    assert "keys" not in done.stdout
    assert [each.read_text() for each in (path, other) if each.exists()] in (["mine"], ["mine", "mine"], [])


def test_a_key_that_cannot_be_kept_whole_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    done = run("app", "new", "payments", "--key", tmp_path / "payments.jwk")

    assert (done.exit_code, done.stdout) == (1, "")
    assert "No space left on device" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = run("app", "new", "payments", "--key", tmp_path / "no" / "payments.jwk")

    assert done.exit_code == 1
    assert "payments.jwk cannot be made: No such file or directory" in done.stderr


@pytest.mark.parametrize("name", ["", "Payments", "-p", "pay ments", "../payments", "p\n", "p" * 64])
def test_a_name_that_no_policy_takes_is_refused(tmp_path: Path, name: str) -> None:
    done = run("app", "new", "--key", tmp_path / "key", "--", name)

    assert done.exit_code == 2
    assert "lower-case letters" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
@pytest.mark.parametrize("form", [(), ("--pem",)], ids=["JWK", "PEM"])
def test_the_pair_signs_and_is_let_in(tmp_path: Path, algorithm: str, form: tuple[str, ...]) -> None:
    path = tmp_path / "key"

    done = run("app", "new", "payments", "--algorithm", algorithm, *form, "--key", path)

    assert done.exit_code == 0, done.output
    assert path.stat().st_mode & 0o777 == 0o600
    key = read_key(path.read_text())
    assert key.algorithm == algorithm
    require_pair(key, done.stdout)
    assert "belongs into no repository" in done.stderr


def test_the_policy_gets_no_secret(tmp_path: Path) -> None:
    done = run("app", "new", "payments", "--key", tmp_path / "key")

    secret: dict[str, Any] = json.loads((tmp_path / "key").read_text())
    (found,) = yaml.safe_load(done.stdout)["applications"][0]["keys"]
    assert secret["d"] not in done.output
    assert public_jwk(verifying(found)).items() <= found.items()
    assert {**found, "d": secret["d"]} == secret


def test_without_a_file_it_goes_by_the_applications_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert run("app", "new", "payments").exit_code == 0
    assert run("app", "new", "payments", "--pem").exit_code == 0

    assert sorted(each.name for each in tmp_path.iterdir()) == ["payments.jwk", "payments.pem"]


def test_the_private_key_alone_goes_to_the_output_where_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    done = run("app", "new", "web-shop", "--key", "-")

    require_pair(read_key(done.stdout), done.stderr, "web-shop")
    assert yaml.safe_load(done.stderr)["applications"][0]["title"] == "Web shop"
    assert list(tmp_path.iterdir()) == []
