"""The contracts of `pyproject.toml` find what they are there for: each offence breaks its own, and no other."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Set
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("approvals", "bot", "countersign_client", "demo", "handlers", "sandbox")
INSIDE = "inside approvals"
POLICY = "inside policy"
MANY = 5
CHANNELS = "channels know nothing of each other"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            target = tmp_path / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    return tmp_path


def broken(folder: Path) -> Set[str]:
    """The beginnings of the names of the contracts that do not hold."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=240).stdout
    # A long name takes several lines, the last of which says how it went.
    listed = said.partition("dependencies.")[2].partition("Contracts:")[0].strip("- \n")
    names = re.split(r"(?<=KEPT)|(?<=BROKEN)|\(\d+ ignored imports?\)", listed)
    return {re.split("[:;]", name.strip())[0] for name in names if name.endswith("BROKEN")}


def test_they_hold_today(copied: Path) -> None:
    assert broken(copied) == set()


@pytest.mark.parametrize(
    ("place", "line", "contract"),
    [
        ("approvals/grants.py", "from approvals import requests as _", INSIDE),
        ("approvals/reviewing.py", "from approvals.reconcile import runner as _", INSIDE),
        ("approvals/newcomer.py", "", INSIDE),
        ("approvals/policy/model.py", "from approvals.policy import explain as _", POLICY),
        ("approvals/policy/evaluate.py", "from approvals.policy.reading import values as _", POLICY),
        ("approvals/policy/newcomer.py", "", POLICY),
        ("handlers/wording/history/exports.py", "from handlers.slack import crowd as _", CHANNELS),
        ("handlers/pager/__init__.py", "from handlers.slack import grammar as _", CHANNELS),
        ("handlers/slack/app.py", "from approvals.backends import calls as _", "channels know no backends"),
        (
            "bot/server.py",
            "from handlers.slack import app as _",
            "the program knows its channels by their records",
        ),
        ("bot/server.py", "from approvals.backends.stores import sqlite as _", "only the composition root"),
        ("bot/server.py", "from demo import running as _", "what the wheel holds"),
        ("demo/running.py", "from bot import settings as _", "the demo starts programs"),
        ("demo/running.py", "from sandbox import walk as _", "the sandbox is imported by none"),
        ("sandbox/slack/rates.py", "from sandbox.google import errors as _", "inside the sandbox"),
        ("approvals/backends/topics.py", "from approvals.backends import secrets as _", "what stands outside"),
        ("approvals/reconcile/leavers.py", "from approvals.reconcile import webhooks as _", "inside reconcile"),
    ],
)
def test_an_offence_is_found(copied: Path, place: str, line: str, contract: str) -> None:
    offender = copied / place
    offender.parent.mkdir(exist_ok=True)
    with offender.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    (found,) = broken(copied)
    assert found.startswith(contract)


def parts(folder: Path) -> int:
    """How many modules and packages stand in a package itself."""
    modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
    return len(modules) + len(list(folder.glob("*/__init__.py")))


def test_whatever_has_many_parts_says_which_of_them_may_know_which() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    said = {name for each in contracts if each.get("exhaustive") for name in each["containers"]}
    every = [path.parent for package in PACKAGES for path in (ROOT / package).rglob("__init__.py")]

    assert {
        str(name)
        for folder in every
        if parts(folder) > MANY and (name := ".".join(folder.relative_to(ROOT).parts)) not in said
    } == set()


@pytest.mark.parametrize("imported", ["handlers.slack", ""])
def test_a_channel_that_stands_beside_another_may_not_use_it(copied: Path, imported: str) -> None:
    contracts = copied / "pyproject.toml"
    listed = contracts.read_text().replace('layers = ["slack | ', 'layers = ["pager | slack | ')
    contracts.write_text(listed)
    (copied / "handlers/pager").mkdir()
    (copied / "handlers/pager/__init__.py").write_text(f"import {imported}\n" if imported else "")
    assert {name.startswith(CHANNELS) for name in broken(copied)} == ({True} if imported else set())
