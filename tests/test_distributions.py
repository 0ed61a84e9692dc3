"""What others install: the client alone, under a name of its own, and never by a name that is a stranger's."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.bot.commands import ROOT

CLIENT = ROOT / "countersign_client"
LOCAL = re.compile(r"-r |--require-hashes|\.whl|@ git\+|-e \.|\.\[")
"""What names a file, a commit, a lock or this folder."""

PLACES = [
    ROOT / name
    for name in (
        *("README.md", "SECURITY.md", "CHANGELOG.md", "Makefile", "Dockerfile", "docs", "examples", "deploy"),
        *("approvals", "bot", "countersign_client", "demo", "handlers", "sandbox"),
    )
]


def lines() -> list[str]:
    """Every line of the repository that installs something of ours by pip, uv, pipx or poetry."""
    texts = [path for place in PLACES for path in ([place] if place.is_file() else place.rglob("*"))]
    install = re.compile(r"(?:pip3?|uv|pipx|poetry)\b[^\n`]*?\b(?:install|add)\b[^\n`]*\bcountersign\b[^\n`]*")
    return [
        found
        for path in texts
        if path.suffix in ("", ".md", ".py", ".sh", ".yaml", ".toml") and path.is_file()
        for found in install.findall(path.read_text(errors="replace"))
    ]


def test_no_line_installs_a_strangers_distribution() -> None:
    found = lines()
    assert [line for line in found if not LOCAL.search(line)] == []
    assert any("git+" in line for line in found), "the look-out sees what the ADR says"


def test_the_name_is_nobody_elses() -> None:
    names = [
        tomllib.loads((folder / "pyproject.toml").read_text())["project"]["name"] for folder in (ROOT, CLIENT)
    ]
    assert names == ["countersign-approvals", "countersign-approvals-client"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=CLIENT, capture_output=True, check=True)
    (found,) = folder.glob("*.whl")
    return found


def test_the_clients_wheel_holds_the_client_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    code = {name for name in names if ".dist-info/" not in name}
    ours = {str(path.relative_to(ROOT)) for path in CLIENT.rglob("*.py")}
    assert code - {"countersign_client/LICENSE"} == ours | {"countersign_client/py.typed"}


def test_who_installed_the_clients_wheel_can_ask(wheel: Path) -> None:
    script = """import sys
sys.path.insert(0, sys.argv[1])
from countersign_client import applications
print(applications.__file__)
"""
    command = [sys.executable, "-I", "-c", script, str(wheel)]
    done = subprocess.run(command, cwd=wheel.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(wheel))


def test_the_client_needs_what_it_imports_and_no_more() -> None:
    needs = tomllib.loads((CLIENT / "pyproject.toml").read_text())["project"]["dependencies"]
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {re.split("[><=]", one)[0] for one in needs} == {
        "cryptography",
        "google-auth",
        "msgspec",
        "pyjwt",
        "rfc8785",
    }
    assert set(needs) <= set(whole), "one bound for each, wherever it is said"
