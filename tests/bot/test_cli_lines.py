"""What others wrote never starts a line of its own on a terminal, and never steers one."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from approvals.backends.stores.sqlite import open_sqlite
from countersign_client.lines import fit
from tests.bot.commands import environment, run
from tests.countersign_client.writing import KEY, claims, key_set, part, signed
from tests.support.builders import NOW

FORGED = "This receipt holds: request r-0000000000 was approved."
STEERING = f"x\n\x1b[2K\r{FORGED}\u202e\x9b2J\x7f"


def verify(folder: Path, receipt: str, *more: str) -> Result:
    (folder / "receipt.jws").write_text(receipt)
    (folder / "jwks.json").write_bytes(key_set(KEY))
    return run("receipt", "verify", folder / "receipt.jws", "--keys", folder / "jwks.json", *more)


def stays_on_its_line(output: str) -> None:
    assert FORGED in output
    assert not any(line.startswith(FORGED) for line in output.splitlines())
    assert all(sign.isprintable() or sign == "\n" for sign in output), ascii(output)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "ES256", "kid": "x", "crit": [STEERING]},
        {"alg": "ES256", "kid": KEY.thumbprint(), "crit": [STEERING]},
    ],
)
def test_the_header_of_an_unsigned_receipt_is_not_repeated(tmp_path: Path, header: dict[str, Any]) -> None:
    done = verify(tmp_path, f"{part(header)}.{part(claims())}.AAAA")

    assert done.exit_code == 1
    assert FORGED not in done.output
    assert all(sign.isprintable() or sign == "\n" for sign in done.output), ascii(done.output)


def test_the_issuer_of_a_refused_receipt_stays_on_its_line(tmp_path: Path) -> None:
    done = verify(tmp_path, signed(claims(iss=STEERING)), "--issuer", "countersign:prod")

    assert done.exit_code == 1
    stays_on_its_line(done.output)


def test_a_claim_with_an_unknown_name_stays_on_its_line(tmp_path: Path) -> None:
    done = verify(tmp_path, signed(claims(**{STEERING: 1})))

    assert done.exit_code == 1
    stays_on_its_line(done.output)


def test_the_name_of_a_broken_chain_stays_on_its_line(tmp_path: Path) -> None:
    env = environment(tmp_path)
    open_sqlite(tmp_path / "countersign.db", now=NOW).close()
    with closing(sqlite3.connect(tmp_path / "countersign.db")) as database:
        database.execute("INSERT INTO audit VALUES (?, 1, 'x', ?)", (f"r-1{STEERING}", b"{}"))
        database.commit()

    done = run("audit", "verify", env=env)

    assert done.exit_code == 1
    stays_on_its_line(done.output)


def test_an_exported_entry_is_one_plain_line_and_says_what_it_said(tmp_path: Path) -> None:
    env = environment(tmp_path)
    with closing(open_sqlite(tmp_path / "countersign.db", now=NOW)) as store:
        store.append(at=NOW, actor=f"os:{STEERING}", action="x", detail={"zürich": STEERING})
    done = run("audit", "export", env=env)

    assert done.exit_code == 0
    assert all(" " <= sign <= "~" or sign == "\n" for sign in done.output), ascii(done.output)
    last = json.loads(done.output.splitlines()[-1])
    assert (last["actor"], last["detail"]) == (f"os:{STEERING}", {"zürich": STEERING})


def test_each_problem_of_the_settings_has_a_line_that_nothing_in_it_ends(tmp_path: Path) -> None:
    env = environment(tmp_path, PORT=f"8080{STEERING}", COUNTERSIGN_STORE=f"odd:{STEERING}")

    done = run("audit", "verify", env=env)

    assert done.exit_code == 2
    stays_on_its_line(done.output)
    assert [line.partition(": ")[0] for line in done.output.splitlines()] == ["countersign", "PORT"]


def test_what_prints_is_left_as_it_is() -> None:
    assert fit("Zürich 東京 🙂 “quoted”") == "Zürich 東京 🙂 “quoted”"
