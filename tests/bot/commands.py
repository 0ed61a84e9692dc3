"""Runs commands of ours in this process, or as processes of their own, on files in an empty folder."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner, Result

from bot.cli import main
from tests.support.running import POLICY

ROOT = Path(__file__).parents[2]


def run(*arguments: str | Path, env: Mapping[str, str] | None = None) -> Result:
    """Run a command as on a terminal, which gets every escape sequence that is printed.

    An exception that it lets through is raised here, for nobody should ever see one.
    """
    done = CliRunner().invoke(main, [str(argument) for argument in arguments], env=dict(env or {}), color=True)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def environment(folder: Path, **changes: str) -> dict[str, str]:
    """What `serve` needs to run in a folder, without a Slack that answers."""
    policy = folder / "policy.yaml"
    if not policy.exists():
        policy.write_text(POLICY)
    return {
        "SLACK_BOT_TOKEN": "xoxb-nobody",
        "SLACK_SIGNING_SECRET": "0" * 32,
        "SLACK_API_URL": "http://127.0.0.1:9/api/",
        "GOOGLE_API_BASE_URL": "http://127.0.0.1:9",
        "COUNTERSIGN_SANDBOX": "1",
        "COUNTERSIGN_POLICY": str(policy),
        "COUNTERSIGN_STORE": f"sqlite:///{folder / 'countersign.db'}",
        "COUNTERSIGN_SIGNER": f"file:{folder / 'signer.jwk'}",
        "PORT": "0",
    } | changes


_SOONER = """
import os
from bot import compose, ending, serve
from bot.cli import main
from tests.support import patience
backoff = serve.backoff
ending.LONGEST = float(os.environ.get("LONGEST", "50"))
compose.HOLD = serve.HOLD = serve._RESOURCES = 0.1
serve.backoff = lambda tries, **_: backoff(tries, base=0.1)
main()
"""


def process(
    *arguments: str, env: Mapping[str, str], folder: Path = ROOT, sooner: bool = False
) -> subprocess.Popen[str]:
    """Start `countersign` as a process with nothing of this one's settings.

    `sooner`: what a service that starts looks for later, when others were answered, it looks for at once, and when
    it ends it waits for what is outside as long as a busy machine may need to end in order, or `LONGEST` seconds.
    """
    return subprocess.Popen(
        [sys.executable, *(("-c", _SOONER) if sooner else ("-m", "bot")), *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(
    *arguments: str, env: Mapping[str, str], folder: Path = ROOT, sooner: bool = False, within: float = 240
) -> tuple[int, str, str]:
    """Run a process to its end, which comes `within` seconds: exit code, output and errors."""
    with process(*arguments, env=env, folder=folder, sooner=sooner) as child:
        try:
            out, err = child.communicate(timeout=within)
        finally:
            # One that does not end would be waited for without end.
            child.kill()
    return child.returncode, out, err
