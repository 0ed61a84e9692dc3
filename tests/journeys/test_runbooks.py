"""The runbooks, played: each command of ours in them does what the page says of it."""

import itertools
import json
import re
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml

from tests.bot.commands import run
from tests.support.running import PROD, Running, running
from tests.test_documented_commands import commands

ROOT = Path(__file__).parents[2]
BOOKS = ROOT / "docs" / "runbooks"


def done(office: Running, *arguments: str | Path, code: int = 0) -> str:
    """Run a command with the service's own settings; return what it printed."""
    ended = run(*arguments, env=office.environ)
    assert ended.exit_code == code, ended.output
    return ended.output


LOOKS_LIKE_OURS = "Looks like ours, and is not"


def under(heading: str, printed: str) -> str:
    """What stands there in what `countersign drift` printed."""
    page = "".join(book.read_text() for book in BOOKS.glob("*.md"))
    assert f"*{heading}*" in page
    _, _, rest = printed.partition(f"{heading}. ")
    return "".join(itertools.takewhile(lambda line: line.startswith("  "), rest.splitlines(keepends=True)[1:]))


def button(office: Running, asked: str) -> str:
    """The token by which the newest card's button approves."""
    card = office.card(asked, having="approve", by="bob")
    (value,) = (element["value"] for _, element in card.elements() if element["action_id"] == "approve")
    return str(value)


def receipts(folder: Path) -> dict[str, str]:
    return {"COUNTERSIGN_RECEIPT_SIGNER": f"file:{folder / 'receipts.jwk'}"}


def test_a_key_of_tokens_that_leaked_opens_nothing_once_its_file_is_put_aside(tmp_path: Path) -> None:
    with running(tmp_path) as office:
        asked = office.ask("alice", "admin")
        done(office, "freeze", "--because", "INC-7: a secret may be known to others")
        assert "INC-7" in office.refused("bob", "approve", asked)
        office.sees("INC-7", asked)  # what was drawn as frozen is drawn anew once it is not

        office.stop()
        leaked = button(office, asked)
        (tmp_path / "signer.jwk").rename(tmp_path / "signer.leaked.jwk")
        office.start()
        said = office.refused("bob", "approve", asked)
        # Where the card was drawn anew before the press, it is the freeze that refuses.
        assert "does not come from this service" in said or "INC-7" in said

        done(office, "thaw")
        office.until(lambda: button(office, asked) != leaked)
        office.approve("bob", asked)
        assert office.granted(asked)


def test_a_key_of_receipts_that_leaked_verifies_nothing_once_it_is_out_of_the_set(tmp_path: Path) -> None:
    with running(tmp_path, environ=receipts(tmp_path)) as office:
        asked = office.ask("alice", "admin")
        office.approve("bob", asked)
        office.granted(asked)
        (before := tmp_path / "before.jws").write_text(done(office, "receipt", "show", asked))
        leaked = json.loads((tmp_path / "receipts.jwk").read_text())["keys"][0]["kid"]
        done(office, "key", "rotate", "--receipts")
        done(office, "receipt", "verify", before)

        keys = json.loads((tmp_path / "receipts.jwk").read_text())
        kept = [key for key in keys["keys"] if key["kid"] != leaked]
        assert len(kept) == 1
        (tmp_path / "receipts.jwk").write_text(json.dumps({"keys": kept}))
        (after := tmp_path / "after.jws").write_text(done(office, "receipt", "show", asked))
        done(office, "receipt", "verify", before, code=1)
        done(office, "receipt", "verify", after)
        assert leaked not in office.fetch("/.well-known/jwks.json")[1]


def test_a_store_that_is_lost_comes_back_from_its_backup_and_keeps_a_freeze(tmp_path: Path) -> None:
    with running(tmp_path) as office:
        asked = office.ask("alice", "admin")
        backup = tmp_path / "backup.db"
        done(office, "store", "backup", backup)
        office.approve("bob", asked)
        office.granted(asked)
        office.sees("Access is active", asked)  # its old buttons are gone, so those that come are the new ones
        done(office, "freeze", "--because", "INC-7")
        office.stop()
        done(office, "store", "restore", backup, "--replace")
        office.start()

        done(office, "audit", "verify")
        assert office.request(asked).state == "pending"
        assert "INC-7" in office.refused("bob", "approve", asked)
        # What was given stands until its own end, and this store does not know of it.
        assert office.bindings(asked)
        done(office, "doctor")


def test_without_a_backup_an_empty_store_starts_and_what_is_gone_is_said(tmp_path: Path) -> None:
    with running(tmp_path) as office:
        asked, given = office.ask("alice", "admin"), office.ask("alice", "admin")
        office.approve("bob", given)
        office.granted(given)
        office.stop()
        for file in tmp_path.glob("countersign.db*"):
            file.unlink()
        office.start()

        assert office.refused("bob", "approve", asked)
        done(office, "freeze", "--person", "mallory@example.com", "--because", "INC-7")
        done(office, "audit", "verify")
        assert given in under(LOOKS_LIKE_OURS, done(office, "drift", code=1))


def test_what_is_given_by_hand_is_left_alone(tmp_path: Path) -> None:
    """The condition is what the page's own lines write, and the service works on the same resource beside it."""
    page = (BOOKS / "service-down.md").read_text()
    lines = re.search(r"^(START=.*?\nEOF\n)", page, re.MULTILINE | re.DOTALL)
    assert lines
    subprocess.run(["bash", "-euc", lines[1]], cwd=tmp_path, check=True)
    condition = yaml.safe_load((tmp_path / "now.yaml").read_text())
    times = [datetime.fromisoformat(each) for each in re.findall(r'timestamp\("(.*?)"\)', condition["expression"])]
    # The shell asks the clock twice.
    assert timedelta(hours=2) <= times[1] - times[0] < timedelta(hours=3)
    by_hand = {
        "role": "roles/compute.instanceAdmin.v1",
        "members": ["user:alice@example.com"],
        "condition": condition,
    }
    with running(tmp_path) as office:
        policy = office.box.google.read(PROD, version=3)
        office.box.google.write(PROD, {**policy, "bindings": [by_hand], "version": 3})
        asked = office.ask("alice", "admin")
        office.approve("bob", asked)
        office.granted(asked)
        done(office, "revoke", "--person", "alice@example.com", "--because", "INC-7")
        office.gone(asked)

        assert office.box.google.policies()[PROD]["bindings"] == [by_hand]
        assert "user:alice@example.com" in under(LOOKS_LIKE_OURS, done(office, "drift", code=1))


def test_leaving_takes_the_records_along(tmp_path: Path) -> None:
    with running(tmp_path, environ=receipts(tmp_path)) as office:
        asked = office.ask("alice", "admin")
        office.approve("bob", asked)
        office.granted(asked)
        done(office, "freeze", "--because", "We leave Countersign")
        done(office, "revoke", "--entitlement", "admin", "--because", "We leave Countersign")
        office.gone(asked)

        done(office, "audit", "verify")
        exported = [json.loads(line) for line in done(office, "audit", "export").splitlines()]
        assert asked in json.dumps(exported)
        assert "alice@example.com" in done(office, "report", "--csv")
        assert done(office, "audit", "checkpoint").count(".") == 2
        (receipt := tmp_path / "receipt.jws").write_text(done(office, "receipt", "show", asked))
        (keys := tmp_path / "jwks.json").write_text(office.fetch("/.well-known/jwks.json")[1])
        done(office, "store", "backup", tmp_path / "last.db")
        instance = office.service.store.installation().instance
    assert run("receipt", "verify", receipt, "--keys", keys, "--issuer", f"countersign:{instance}").exit_code == 0


ELSEWHERE = {("store", "copy")}
"""Commands that need two databases of Firestore: tests/bot/test_cli_store_copy.py types them."""

_BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def lines_of(book: str) -> list[str]:
    """Each line of a page's blocks that a shell is given."""
    joined = "".join(_BLOCK.findall((BOOKS / book).read_text())).replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines()]


class Shell:
    """Types the lines of a page beside a running service, with this installation's names for the page's."""

    def __init__(self, office: Running, folder: Path, asked: str) -> None:
        self.office, self.folder = office, folder
        instance = office.service.store.installation().instance
        self.names = {
            "r-7k2m9qd4xw": asked,
            "countersign:9704faf3e6": f"countersign:{instance}",
            "prod-admin": "admin",
        }
        self.typed: list[str] = []

    def type(self, line: str) -> None:
        for words in commands(line):
            self.typed.append(" ".join(words))
            if words == ["serve"]:
                self.office.start()
            elif tuple(words[:2]) not in ELSEWHERE:
                self._run(line, [self.names.get(word, word) for word in words])

    def _run(self, line: str, words: list[str]) -> None:
        if words[:2] == ["store", "restore"]:
            self.office.stop()
        if words[:2] == ["receipt", "verify"]:
            (self.folder / "jwks.json").write_text(self.office.fetch("/.well-known/jwks.json")[1])
        said = done(self.office, *words)
        if into := re.search(r" > (\S+)", line):
            (self.folder / into[1]).write_text(said)


@pytest.mark.parametrize("book", sorted(path.name for path in BOOKS.glob("*.md")))
def test_each_line_of_ours_in_a_runbook_does_its_work_in_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, book: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "backups").mkdir()
    with running(tmp_path, environ=receipts(tmp_path)) as office:
        asked = office.ask("alice", "admin")
        office.approve("bob", asked)
        office.granted(asked)
        done(office, "store", "backup", "backups/countersign-2026-11-25.db")
        shell = Shell(office, tmp_path, asked)
        for line in lines_of(book):
            shell.type(line)
        done(office, "audit", "verify")

    ours = [line for line in lines_of(book) if re.match(r"(\w+=\S+ )?countersign ", line)]
    assert len(shell.typed) == len(ours) > 1


@pytest.mark.parametrize("book", sorted(path.name for path in BOOKS.glob("*.md")))
def test_every_runbook_is_found_from_the_page_on_operating(book: str) -> None:
    assert f"(runbooks/{book})" in (ROOT / "docs" / "operating.md").read_text()
