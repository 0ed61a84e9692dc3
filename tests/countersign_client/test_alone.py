"""The package `countersign_client` verifies receipts and calls services with nothing else of Countersign's."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bot.commands import ROOT
from tests.countersign_client.writing import ISSUER, KEY, claims, decision, key_set, signed

OURS = ("approvals", "bot", "demo", "handlers", "sandbox")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a copy of the package, a receipt and its keys."""
    bytecode = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "countersign_client", tmp_path / "countersign_client", ignore=bytecode)
    (tmp_path / "jwks.json").write_bytes(key_set(KEY))
    (tmp_path / "receipt.jws").write_text(signed(claims()))
    return tmp_path


def verify(folder: Path, *more: str, receipt: str = "receipt.jws") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "importtime", "-m", "countersign_client", receipt, "--keys", "jwks.json"]
    return subprocess.run([*command, *more], cwd=folder, capture_output=True, text=True, check=False)


def said(done: subprocess.CompletedProcess[str]) -> str:
    """What a command says on standard error, without the list of imports."""
    return "\n".join(line for line in done.stderr.splitlines() if not line.startswith("import time:"))


def test_a_changed_receipt_is_refused(folder: Path) -> None:
    head, _, signature = signed(claims()).split(".")
    other = signed(claims(decision=decision(at="2026-11-22T10:01:59Z"))).split(".")[1]
    (folder / "receipt.jws").write_text(f"{head}.{other}.{signature}")

    done = verify(folder)

    assert (done.returncode, done.stdout) == (1, "")
    assert "its signature does not hold" in said(done)


def test_another_issuers_receipt_is_refused(folder: Path) -> None:
    done = verify(folder, "--issuer", "countersign:other")

    assert (done.returncode, done.stdout) == (1, "")
    assert f"it was made by {ISSUER}" in said(done)


def test_files_that_cannot_be_used_are_named(folder: Path) -> None:
    missing = verify(folder, receipt="none.jws")
    (folder / "jwks.json").write_text("{}")
    empty = verify(folder)

    assert [(done.returncode, done.stdout) for done in (missing, empty)] == [(2, ""), (2, "")]
    assert "none.jws" in said(missing)
    assert said(empty).startswith("countersign_client: ")


def test_a_receipt_holds_and_is_told(folder: Path) -> None:
    done = verify(folder, "--issuer", ISSUER)

    assert (done.returncode, said(done)) == (0, "")
    assert done.stdout.startswith("This receipt holds: request r-0123456789 was approved.\n")
    assert f"  Signed by key   {KEY.thumbprint()}\n" in done.stdout
    loaded = re.findall(r"\|\s+([\w.]+)$", done.stderr, re.MULTILINE)
    assert "countersign_client.receipts" in loaded
    assert [name for name in loaded if name.partition(".")[0] in OURS] == []


CALLING = """
import sys
from countersign_client.client import Client
from countersign_client.signin import kept, person, service_accounts, ways
Client("https://countersign.example.com", ways.credential(kept.Login(url="https://h.example", by="own-jwt")))
print(*sorted(sys.modules), sep="\\n")
"""


def test_a_program_calls_with_the_package_alone_and_loads_no_more_than_it_needs(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", CALLING], cwd=folder, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    loaded = done.stdout.splitlines()
    assert "countersign_client.exchange" in loaded
    slow = ("google.auth", "keyring", "requests", "click")
    assert [name for name in loaded if name.partition(".")[0] in OURS or name.startswith(slow)] == []


ASKING = """
import sys
from countersign_client.applications import Application, AsyncApplication, Money
from countersign_client.call_tokens import new_key
Application("https://approvals.example.com", "payments", new_key("ES256"))
print(*sorted(sys.modules), sep="\\n")
"""


def test_an_application_asks_with_the_package_alone(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", ASKING], cwd=folder, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    loaded = done.stdout.splitlines()
    assert "countersign_client.applications.asynchronous" in loaded
    slow = ("google", "keyring", "requests", "click")
    assert [name for name in loaded if name.partition(".")[0] in OURS or name.startswith(slow)] == []


def test_the_package_imports_nothing_but_its_own_few_dependencies() -> None:
    files = set((ROOT / "countersign_client").rglob("*.py"))
    agents = {file for file in files if file.is_relative_to(ROOT / "countersign_client" / "mcp")}
    few = {"cryptography", "google", "keyring", "msgspec", "rfc8785"}

    assert others(files - agents) == few
    assert others(agents) - few == {"anyio", "httpx2", "mcp", "mcp_types", "pydantic", "starlette", "uvicorn"}


def others(files: set[Path]) -> set[str]:
    """What files import that is neither ours nor Python's."""
    named = {
        name.partition(".")[0]
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        for name in _imported(node)
    }
    return named - set(sys.stdlib_module_names) - {"countersign_client"}


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [one.name for one in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []
