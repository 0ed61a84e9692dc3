"""Keys in a file: who may read it, how keys follow each other, and two starts at once."""

import json
import multiprocessing
import os
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from approvals.backends.signers.file import FileSigner, KeyFileError, create_keys, rotate_keys
from approvals.backends.signers.purposes import TOKENS
from approvals.refusals.errors import Refused
from tests.support.builders import NOW

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "keys.json"
    create_keys(made, now=NOW, purpose=TOKENS)
    return made


def signer(path: Path) -> FileSigner:
    return FileSigner(path, issuer=lambda: "countersign:demo", purpose=TOKENS)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"keys\.json cannot be read: No such file"):
        signer(tmp_path / "keys.json")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_file_open_to_others_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        signer(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"keys": []}',
        b'{"keys": [{}]}',
        b'{"keys": [1]}',
        b'{"keys": [{"kty": "oct", "k": "c2VjcmV0", "created": "2026-11-22T10:00:00Z"}]}',
    ],
)
def test_what_is_no_set_of_our_keys_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(KeyFileError, match=r"keys\.json"):
        signer(path)


@pytest.mark.parametrize("change", [{"d": None}, {"crv": "P-384"}, {"created": None}, {"created": "yesterday"}])
def test_a_key_that_lacks_something_is_refused(path: Path, change: dict[str, str | None]) -> None:
    (jwk,) = json.loads(path.read_bytes())["keys"]
    changed = {name: value for name, value in (jwk | change).items() if value is not None}
    path.write_text(json.dumps({"keys": [changed]}))
    with pytest.raises(KeyFileError, match="restore it from a copy"):
        signer(path)


def test_an_error_about_a_key_file_shows_no_key(path: Path) -> None:
    secret = json.loads(path.read_bytes())["keys"][0]["d"]
    path.write_text(path.read_text()[:-5])
    with pytest.raises(KeyFileError) as error:
        signer(path)
    assert secret not in str(error.value)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyFileError, match=r"keys\.json cannot be made"):
        create_keys(tmp_path / "file" / "keys.json", now=NOW, purpose=TOKENS)


def test_only_the_owner_reads_what_is_made(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        create_keys(tmp_path / "keys.json", now=NOW, purpose=TOKENS)
        rotate_keys(tmp_path / "keys.json", now=NOW, purpose=TOKENS)
    finally:
        os.umask(before)
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["keys.json"]


def test_keys_that_are_there_are_kept(path: Path) -> None:
    before = path.read_bytes()
    assert create_keys(path, now=NOW, purpose=TOKENS) is False
    assert path.read_bytes() == before


def test_the_published_keys_hold_nothing_private(path: Path) -> None:
    (public,) = signer(path).keys()["keys"]
    assert set(public) == {"kty", "crv", "x", "y", "kid", "use", "alg", "countersign_purpose"}


def test_an_old_token_is_valid_after_a_rotation_and_the_new_key_signs(path: Path) -> None:
    running = signer(path)
    old = running.sign({"n": 1})
    rotate_keys(path, now=NOW + timedelta(hours=1), purpose=TOKENS)
    new = running.sign({"n": 2})

    assert (running.verify(old), running.verify(new)) == ({"n": 1}, {"n": 2})
    first, second = signer(path).keys()["keys"]
    assert _kid(old) == first["kid"]
    assert _kid(new) == second["kid"]


def test_a_key_is_dropped_when_no_living_token_can_have_used_it(path: Path) -> None:
    old = signer(path).sign({})
    rotate_keys(path, now=NOW + timedelta(days=30), purpose=TOKENS)
    rotate_keys(path, now=NOW + timedelta(days=30) + TOKENS.keep - timedelta(seconds=1), purpose=TOKENS)
    assert signer(path).verify(old) == {}
    rotate_keys(path, now=NOW + timedelta(days=30) + TOKENS.keep, purpose=TOKENS)
    with pytest.raises(Refused):
        signer(path).verify(old)


def test_the_key_that_signed_last_survives_every_rotation(path: Path) -> None:
    for days in range(1, 5):
        now = NOW + timedelta(days=30 * days)
        token = signer(path).sign({})
        rotate_keys(path, now=now, purpose=TOKENS)
        assert signer(path).verify(token) == {}


def test_a_rotation_of_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be rotated"):
        rotate_keys(tmp_path / "keys.json", now=NOW, purpose=TOKENS)


def test_a_removed_file_does_not_stop_a_running_service(path: Path) -> None:
    running = signer(path)
    path.unlink()
    assert running.verify(running.sign({"n": 1})) == {"n": 1}


def test_a_signer_notices_that_its_file_was_opened_to_others(path: Path) -> None:
    running = signer(path)
    rotate_keys(path, now=NOW, purpose=TOKENS)
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        running.sign({})


def _kid(token: str) -> str:
    import jwt  # noqa: PLC0415

    found: str = jwt.get_unverified_header(token)["kid"]
    return found


def start(path: Path, now: datetime, barrier: Barrier, answer: Connection) -> None:
    barrier.wait(30)
    create_keys(path, now=now, purpose=TOKENS)
    answer.send([key["kid"] for key in signer(path).keys()["keys"]])


def test_two_processes_that_start_at_once_make_one_key(tmp_path: Path) -> None:
    barrier = SPAWN.Barrier(2)
    pipes = [SPAWN.Pipe(duplex=False) for _ in range(2)]
    running = [
        SPAWN.Process(target=start, args=(tmp_path / "keys.json", NOW, barrier, answer)) for _, answer in pipes
    ]
    for process in running:
        process.start()
    answers = []
    for receive, _ in pipes:
        assert receive.poll(60)
        answers.append(receive.recv())
    for process in running:
        process.join(60)

    assert answers[0] == answers[1]
    assert len(answers[0]) == 1
