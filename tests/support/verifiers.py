"""Both verifiers of receipts: this package's, and the one of Node.js that stands among the examples."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from countersign_client.keys import KeySetError, read_keys
from countersign_client.page import page
from countersign_client.receipts import ReceiptError, verify
from tests.bot.commands import ROOT

VERIFIER = ROOT / "examples" / "verifier" / "verify.mjs"
NODE = shutil.which("node") or ""
needs_node = pytest.mark.skipif(not NODE, reason="Node.js is not on this machine: its verifier was not tried")

Case = dict[str, Any]
"""A receipt with its `keys` and the `issuer` to demand, as the published cases have them."""


def by_python(case: Case) -> dict[str, Any]:
    """The answer, with the page that people read."""
    try:
        found = verify(case["receipt"], read_keys(json.dumps(case["keys"]).encode()), issuer=case["issuer"])
    except ReceiptError as error:
        return {"holds": False, "code": error.code}
    except KeySetError:
        return {"holds": False, "code": "keys"}
    return {"holds": True, "shown": [list(line) for line in found.shown], "page": page(found)}


def by_node(folder: Path) -> dict[str, dict[str, Any]]:
    """The answers to all cases of a folder by their names, from one process."""
    command = [NODE, str(VERIFIER), "--vectors", str(folder)]
    said = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    answers = {found.pop("name"): found for found in map(json.loads, said.splitlines())}
    for found in answers.values():
        found.pop("why", None)
    return answers
