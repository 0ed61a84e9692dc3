"""A machine with `gcloud` on it from which the deployment's script is run."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.support.running import POLICY

ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / "deploy" / "cloud-run.sh"
STUB = Path(__file__).parent / "gcloud.py"
TOKEN, SECRET = "xoxb-of-the-deployment", "0123456789abcdef0123456789abcdef"


class Desk:
    """A machine with `gcloud` on it, and what was made with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        tools = folder / "bin"
        tools.mkdir(parents=True)
        (tools / "gcloud").write_text(f'#!/bin/sh\nexec "{sys.executable}" -IS "{STUB}" "$@"\n')
        (tools / "gcloud").chmod(0o755)
        (folder / "policy.yaml").write_text(POLICY)
        self.environ = {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "GCLOUD_STATE": str(folder / "state.json"),
            "PROJECT": "shop-tools",
            "REGION": "europe-west1",
            "IMAGE": "europe-west1-docker.pkg.dev/shop-tools/countersign/countersign:0.2.0",
            "PEOPLE": "domain:example.com,group:staff@example.com",
            "LOCATION": "eur3",
            "POLICY": str(folder / "policy.yaml"),
            "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
        }

    def run(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return self.called([str(SCRIPT), *arguments], **changes)

    def called(self, command: Sequence[str], **changes: str) -> subprocess.CompletedProcess[str]:
        environ = {name: text for name, text in {**self.environ, **changes}.items() if text}
        return subprocess.run(
            command, env=environ, cwd=self.folder, capture_output=True, text=True, timeout=120, check=False
        )

    @property
    def state(self) -> dict[str, Any]:
        file = self.folder / "state.json"
        return json.loads(file.read_text()) if file.exists() else {"calls": []}

    @property
    def calls(self) -> list[list[str]]:
        return self.state["calls"]  # type: ignore[no-any-return]

    def made(self) -> dict[str, Any]:
        """Everything but the log of calls."""
        return {name: value for name, value in self.state.items() if name != "calls"}
