"""People at a terminal of their own: each has signed in to a running service through its proxy, by a browser."""

import json
import threading
import urllib.request
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from click.testing import Result

from sandbox.iap.gate import CLIENT, DESKTOP
from tests.bot.commands import run
from tests.support.running import POLICY, Running, running


class Desk:
    """One person's, or program's, own folder for settings."""

    def __init__(self, office: Running, folder: Path, who: str) -> None:
        assert office.box.iap
        self.office, self.folder, self.who, self.gate = office, folder, who, office.box.iap.gate
        self.env = {"XDG_CONFIG_HOME": str(folder), "COUNTERSIGN_API_URL": "", "IAP_CLIENT_ID": "", "BROWSER": "x"}
        self.env["NO_GCE_CHECK"] = "true"  # nobody looks for a machine of Google's
        self.file = folder / "client_secret.json"
        folder.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(self.gate.let_in(DESKTOP)))

    @property
    def kept(self) -> Path:
        return self.folder / "countersign" / "login.json"

    def login(self, *more: str) -> Result:
        """Sign in by a browser in which this person is signed in at Google."""
        return self.again("--url", self.gate.url, "--client", str(self.file), "--iap-client", CLIENT, *more)

    def again(self, *given: str) -> Result:
        """Sign in as the last time, but for what is given."""
        with patch.object(webbrowser, "open", self._browse):
            return self.run("login", *given)

    def run(self, *arguments: str | Path) -> Result:
        return run(*arguments, env=self.env)

    def json(self, *arguments: str, code: int = 0) -> Any:
        """What a command prints as JSON."""
        done = self.run(*arguments, "--json")
        assert done.exit_code == code, done.output
        return json.loads(done.stdout)

    def asked(self, what: str = "admin", why: str = "INC-1 disk full") -> str:
        """Ask, and return the request's id."""
        return str(self.json("request", what, "--for", "1h", "--because", why)["id"])

    def _browse(self, url: str) -> bool:
        chosen = f"{url}&login_hint={self.who}%40example.com"
        threading.Thread(target=lambda: urllib.request.urlopen(chosen, timeout=30).close(), daemon=True).start()
        return True


@contextmanager
def offices(folder: Path, *, policy: str = POLICY) -> Iterator[Running]:
    """A running service behind a proxy."""
    (folder / "office").mkdir()
    with running(folder / "office", policy=policy, iap_port=0) as office:
        yield office
