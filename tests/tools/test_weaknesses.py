"""The scan fails where a weakness is known, and says so where nobody knows."""

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import certificate
from tools.weaknesses import Scan, main, read

WEAK = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["2.0"], "description": ""}


def report(*weaknesses: dict[str, Any]) -> dict[str, Any]:
    sound = {"name": "click", "version": "8.0", "vulns": []}
    return {"dependencies": [sound, {"name": "jinja2", "version": "1.9", "vulns": list(weaknesses)}], "fixes": []}


def test_a_known_weakness_fails_and_is_named_with_its_mend() -> None:
    code, said = read(report(WEAK)).verdict()

    assert code == 1
    assert "jinja2 1.9: PYSEC-2026-1, mended in 2.0" in said


def test_one_without_a_mend_fails_as_well() -> None:
    code, said = read(report({**WEAK, "fix_versions": []})).verdict()

    assert code == 1
    assert "mended in nothing" in said


def test_one_that_is_accepted_by_any_of_its_names_does_not_fail_and_others_do() -> None:
    accepted = {"CVE-2026-1": "we do not call it"}

    assert read(report(WEAK), accepted=accepted).verdict()[0] == 0
    assert read(report(WEAK, {**WEAK, "id": "PYSEC-2026-2", "aliases": []}), accepted=accepted).verdict()[0] == 1


def test_an_index_that_knows_nothing_is_not_called_a_clean_one() -> None:
    skipped = {"name": "click", "skip_reason": "not found"}

    code, said = read({"dependencies": [skipped], "fixes": []}).verdict()

    assert code == 0
    assert "not scanned" in said


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    # Of a name that no index has, so that no cache answers.
    path.write_text(f"countersign-has-no-such-part==8.0 --hash=sha256:{'0' * 64}\n")
    return path


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[int]:
    """The port of a proxy that opens every connection itself, by a certificate that nobody vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path, name="pypi.org")[0])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_open_all, args=(listening, context))
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def _open_all(listening: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            caller, _ = listening.accept()
        except OSError:
            return
        with caller:
            try:
                caller.recv(65536)
                caller.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                context.wrap_socket(caller, server_side=True).close()
            except OSError:
                continue


def test_an_index_whose_certificate_cannot_be_verified_is_not_asked_and_nothing_fails(
    lock: Path, proxy: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")

    assert main([str(lock)]) == 0
    assert "not looked at for known weaknesses: the package index's certificate" in capsys.readouterr().out


def test_a_weakness_fails_beside_a_lock_of_which_the_index_was_not_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {"weak": read(report(WEAK)), "other": Scan(unasked="it is away")}
    monkeypatch.setattr("tools.weaknesses.scan", lambda path: found[path.name])

    assert main(["weak", "other"]) == main(["other", "weak"]) == 1
    assert "not looked at for known weaknesses: it is away" in capsys.readouterr().out


def test_what_the_index_does_not_know_is_counted() -> None:
    whole = report()
    whole["dependencies"].append({"name": "ours", "skip_reason": "not found"})

    assert read(whole).verdict() == (0, "2 distributions without a known weakness, 1 are unknown to the index")
