"""What is slow to import is not imported before the first answers: they would come late."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from demo.ports import free_port
from tests.bot.commands import ROOT, environment

FILING = """
import sys
from pathlib import Path
from tests.support.running import running
with running(Path(sys.argv[1])) as office:
    office.box.slack.command("alice", "/jit")
    office.box.slack.submit("alice", {"entitlement": "admin", "duration": "1h", "justification": "INC-1"})
    assert office.service.store.pending(limit=5)
    print(*sorted(sys.modules), sep="\\n")
"""
# Python itself tells of every import, in whatever thread, so nothing that follows the answer is taken for early.
HELP = """
import os, sys
early, answered = [], lambda: False
sys.addaudithook(lambda event, args: early.append(args[0]) if event == "import" and not answered() else None)
import bot.compose
bot.compose.HOLD = 60.0
from pathlib import Path
from tests.support.running import POLICY, running
environ = dict(each.split("=", 1) for each in sys.argv[3:])
policy = POLICY.replace('"group:security"', '"group:security@example.com"')
with running(Path(sys.argv[1]), policy=policy, environ=environ) as office:
    answered = office.service.background._begun.is_set
    outcome = office.box.slack.command("alice", "/jit help")
    assert outcome.ok and "/jit request" in outcome.body, outcome
    office.until(lambda: not sys.argv[2] or sys.argv[2] in sys.modules)
    print(*early, sep="\\n", flush=True)
    os._exit(0)  # all is said, and a store that does not answer would be waited for
"""
SLOW = (
    "google.api_core",
    "google.auth",
    "google.cloud",
    "googleapiclient",
    "grpc",
    "httplib2",
    "jinja2",
    "slack_bolt",
    "slack_sdk",
    "smtplib",
    "webauthn",
)
LATER = (
    "approvals.reconcile.announcing",
    "approvals.reconcile.iam",
    "approvals.reconcile.messages",
    "approvals.reconcile.requests",
    "approvals.reconcile.runner",
    "approvals.reconciling",
    "approvals.uses.drifting",
    "bot.announcers",
    "bot.drifting",
    "bot.sweep",
    "bot.working",
    "handlers.applications.rooms",
    "handlers.mail.sending",
    "handlers.slack.home.listening",
    "handlers.slack.pressing",
    "handlers.web.rooms",
    "handlers.web.writing",
)
"""What of ours no answer waits for: it is loaded when the work behind the listeners may begin."""

PEM = "cryptography.hazmat.primitives.serialization"
"""What reads and writes keys as PEM. Ours are JWKs, so that only a policy with a key as PEM needs it."""

FIRESTORE = {"COUNTERSIGN_STORE": "firestore://shop-prod/(default)", "FIRESTORE_EMULATOR_HOST": "127.0.0.1:9"}
IAM = {"COUNTERSIGN_SIGNER": "iam:signer@shop-prod.iam.gserviceaccount.com"}
SECRET = {"COUNTERSIGN_SIGNER": "secret:projects/shop-prod/secrets/signer/versions/latest"}
PAGES = {
    "COUNTERSIGN_PAGES_URL": "http://localhost:9",
    "IAP_AUDIENCE": "/projects/1/locations/europe-west1/services/countersign",
    "IAP_JWKS_URL": "http://127.0.0.1:9/keys",
}
MAIL = {"SMTP_SENDER_ADDRESS": "countersign@example.com", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": "9"}
API = {
    "COUNTERSIGN_API_URL": "http://localhost:9",
    "COUNTERSIGN_SWEEP_ACCOUNT": "sweeps@shop-prod.iam.gserviceaccount.com",
}
RECEIPTS = {"COUNTERSIGN_RECEIPT_SIGNER": "secret:projects/shop-prod/secrets/receipts/versions/latest"}


def imported(script: str, folder: Path, environ: Mapping[str, str] | None = None, after: str = "") -> list[str]:
    """The modules that a script names, run in a process of its own."""
    settings = [f"{name}={value}" for name, value in (environ or {}).items()]
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder), after, *settings],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_request_is_filed_without_any_google_library(tmp_path: Path) -> None:
    loaded = imported(FILING, tmp_path)
    assert "handlers.slack.opened" in loaded
    assert [name for name in loaded if name.startswith(SLOW)] == []


@pytest.mark.parametrize(
    ("environ", "after"),
    [
        ({}, ""),
        (IAM, ""),
        (SECRET, ""),
        (RECEIPTS, ""),
        (FIRESTORE, "google.cloud.firestore"),
        (FIRESTORE | IAM, "google.cloud"),
        (FIRESTORE | SECRET | RECEIPTS, "google.cloud"),
        (PAGES, ""),
        (PAGES | MAIL, "smtplib"),
        (PAGES | API, ""),
    ],
    ids=[
        "sqlite",
        "iam",
        "secret",
        "receipts",
        "firestore",
        "firestore and iam",
        "firestore and secrets",
        "pages",
        "mail",
        "applications",
    ],
)
def test_nothing_slow_is_imported_before_the_first_answer(
    tmp_path: Path, environ: Mapping[str, str], after: str
) -> None:
    early = imported(HELP, tmp_path, environ, after)
    assert "handlers.slack.opened" in early
    assert [name for name in early if name.startswith(SLOW) or name == "jwt" or name in LATER] == []


FIRST = """
import bot.compose, bot.serve, os, sys
bot.compose.HOLD = 60.0
from pathlib import Path
from tests.support.running import running
environ = dict(each.split("=", 1) for each in sys.argv[3:])
with running(Path(sys.argv[1]), environ=environ) as office:
    assert not {"handlers.web.rooms", "handlers.applications.rooms", "bot.sweep"} & set(sys.modules)
    for method, path in (("GET", "/"), ("POST", "/v1/actions"), ("POST", "/signals"), ("POST", "/internal/sweep")):
        print(path, office.fetch(path, method=method)[0], flush=True)
    os._exit(0)
"""


def test_who_comes_first_by_any_door_is_answered(tmp_path: Path) -> None:
    answers = imported(FIRST, tmp_path, PAGES | API)

    # Nobody is let in without a word of the proxy or an application's; no transmitter is in the policy.
    assert answers == ["/ 403", "/v1/actions 401", "/signals 404", "/internal/sweep 401"]


SERVED = """
import sys
import approvals.backends.stores.sqlite, bot.serve, handlers.signals.opened, handlers.slack.opened
print(*sorted(sys.modules), sep="\\n")
"""


WARMED = """
import os, signal, sys, threading
from time import sleep
from bot import background
background.HOLD = 0.1
from bot.cli import main

def look():
    while "handlers.web.writing" not in sys.modules:
        sleep(0.05)
    print("loaded", flush=True)
    os.kill(os.getpid(), signal.SIGTERM)

threading.Thread(target=look, daemon=True).start()
sys.argv = ["countersign", "serve"]
main()
"""


def test_what_writes_pages_is_loaded_before_anybody_opens_one(tmp_path: Path) -> None:
    env = environment(tmp_path, PORT=str(free_port()), **PAGES) | {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", WARMED],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.stdout.split() == ["loaded"], done.stderr


def test_what_a_start_loads_reads_no_pem(tmp_path: Path) -> None:
    loaded = imported(SERVED, tmp_path)
    assert "approvals.policy.reading.publickeys" in loaded
    assert PEM not in loaded


def test_what_hears_signals_is_loaded_later(tmp_path: Path) -> None:
    loaded = imported(SERVED, tmp_path)
    assert "handlers.signals.opened" in loaded
    assert "handlers.signals.door" not in loaded


BROKEN = """
import sys
sys.modules[sys.argv[1]] = None  # as where a file of it cannot be read: importing it fails
from bot import compose, serve
compose.HOLD = serve.HOLD = 0.1
from bot.cli import main
sys.argv = ["countersign", "serve"]
main()
"""


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("bot.working", "what is due cannot be worked on"),
        ("bot.drifting", "what looks for drift cannot be put together"),
        ("handlers.slack.pressing", "what hears Slack's buttons and forms cannot be put together"),
        ("handlers.web.rooms", "the pages cannot be put together"),
        ("handlers.applications.rooms", "the applications' API cannot be put together"),
        ("handlers.signals.door", "what hears signals cannot be put together"),
    ],
)
def test_a_service_of_which_a_part_cannot_be_loaded_ends(tmp_path: Path, module: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BROKEN, module],
        cwd=ROOT,
        env=environment(tmp_path, **PAGES, **API) | {"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 2, done.stderr
    assert said in done.stderr  # whoever still looks outside may write a line behind it


COLLECTING = """
import gc, os, signal, sys, threading
from time import sleep
from urllib.request import urlopen
from bot.cli import main

def look():
    while True:
        try:
            urlopen(f"http://127.0.0.1:{os.environ['PORT']}/health").close()
            break
        except OSError:
            sleep(0.05)
    print(gc.isenabled(), gc.get_freeze_count() > 0, flush=True)
    os.kill(os.getpid(), signal.SIGTERM)

threading.Thread(target=look, daemon=True).start()
sys.argv = ["countersign", "serve"]
main()
"""


def test_a_service_that_answers_looks_for_garbage_again(tmp_path: Path) -> None:
    env = environment(tmp_path, PORT=str(free_port()))
    done = subprocess.run(
        [sys.executable, "-c", COLLECTING],
        cwd=ROOT,
        env=env | {"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.stdout.split() == ["True", "True"], done.stderr
