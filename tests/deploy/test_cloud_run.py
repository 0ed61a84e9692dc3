"""The script that sets both Cloud Run services up, against a `gcloud` that makes nothing twice."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.settings import read
from tests.support.running import POLICY

ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / "deploy" / "cloud-run.sh"
STUB = Path(__file__).parent / "gcloud.py"
ACCOUNT = "countersign@shop-tools.iam.gserviceaccount.com"
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


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


NAME = "Access's $(touch forged) desk"
MORE = f"""
# mail
SMTP_SENDER_ADDRESS=countersign@example.com
SMTP_SENDER_NAME={NAME}
SMTP_ADDRESS_MAPPING=user.email.extract('{{handle}}@example.com') + '@mail.example.com'
"""


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project that was empty, after the lines that were printed were run."""
    desk = Desk(tmp_path_factory.mktemp("deployed"))
    (desk.folder / "more.env").write_text(MORE)
    desk.environ["SETTINGS"] = str(desk.folder / "more.env")
    (desk.folder / "lines.sh").write_text(desk.run().stdout)
    done = desk.called(["sh", "-eu", "lines.sh"])
    assert done.returncode == 0, done.stderr
    assert TOKEN not in done.stdout + done.stderr
    return desk


# --- what it refuses


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"PROJECT": "", "PEOPLE": ""}, "not set: PROJECT PEOPLE"),
        ({"PROJECT": "shop tools"}, "PROJECT: set a project's id"),
        ({"PROJECT": "shop-tools; true"}, "PROJECT: set a project's id"),
        ({"PROJECT": "shop-tools\n$(true)"}, "PROJECT: set a project's id"),
        ({"REGION": "Europe"}, "REGION: set a region"),
        ({"IMAGE": "an image"}, "IMAGE: set the address of an image"),
        ({"LOCATION": "$(true)"}, "LOCATION: set a location of Firestore"),
        ({"PEOPLE": "example.com"}, "PEOPLE: set members"),
        ({"PEOPLE": "allUsers"}, "PEOPLE: set members"),
        ({"PEOPLE": "domain:example.com --project=x"}, "PEOPLE: set members"),
        ({"NUMBER": "shop-tools"}, "NUMBER: set a project's number"),
        ({"PAGES_URL": "http://pages.example.com"}, "PAGES_URL: set the address of a host alone"),
        ({"PAGES_URL": "https://pages.example.com/x"}, "PAGES_URL: set the address of a host alone"),
        ({"POLICY": "nowhere.yaml"}, "POLICY: nowhere.yaml cannot be read"),
        ({"SETTINGS": "nowhere.env"}, "SETTINGS: nowhere.env cannot be read"),
    ],
    ids=repr,
)
def test_what_it_cannot_use_is_named_and_nothing_is_made(desk: Desk, changes: dict[str, str], said: str) -> None:
    done = desk.run("--apply", **{"NUMBER": "42", **changes})

    assert done.returncode == 2
    assert said in done.stderr
    assert (done.stdout, desk.calls) == ("", [])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("SLACK_BOT_TOKEN=xoxb-1", "SLACK_BOT_TOKEN is a secret"),
        ("SMTP_PASSWORD=p", "SMTP_PASSWORD is a secret"),
        ("COUNTERSIGN_ROUTES=all", "COUNTERSIGN_ROUTES is set by this script"),
        ("IAP_AUDIENCE=x", "IAP_AUDIENCE is set by this script"),
        ("SMTP_SENDER_NAME=a##COUNTERSIGN_ROUTES=all", "no value may hold ##"),
        ("smtp", "'smtp' is no NAME=value"),
    ],
)
def test_a_setting_that_has_another_place_is_named(desk: Desk, line: str, said: str) -> None:
    (desk.folder / "more.env").write_text(f"LOG_LEVEL=INFO\n{line}\n")
    done = desk.run("--apply", NUMBER="42", SETTINGS="more.env")

    assert (done.returncode, desk.calls) == (2, [])
    assert said in done.stderr


def test_arguments_that_it_does_not_have_are_refused(desk: Desk) -> None:
    for arguments in (["--aply"], ["--apply", "--apply"], ["-n"]):
        done = desk.run(*arguments)
        assert (done.returncode, desk.calls) == (2, [])
        assert "usage:" in done.stderr


def test_a_number_that_nobody_tells_stops_it(desk: Desk) -> None:
    (desk.folder / "bin" / "gcloud").write_text("#!/bin/sh\nexit 1\n")
    done = desk.run("--apply")

    assert done.returncode == 2
    assert "sign in there, or set NUMBER" in done.stderr


def test_a_token_that_is_missing_stops_it_before_an_empty_secret_is_made(desk: Desk) -> None:
    done = desk.run("--apply", SLACK_BOT_TOKEN="")

    assert done.returncode != 0
    assert "SLACK_BOT_TOKEN" in done.stderr
    assert "secrets" not in desk.state["made"]


# --- what it does


def test_without_apply_nothing_is_made(desk: Desk) -> None:
    done = desk.run()

    assert done.returncode == 0, done.stderr
    assert desk.calls == [["projects", "describe", "shop-tools", "--format=value(projectNumber)"]]
    assert TOKEN not in done.stdout


def test_each_service_starts_with_the_settings_that_it_gets(deployed: Desk) -> None:
    public, pages = (settings(deployed, name) for name in ("countersign", "countersign-pages"))

    assert (public.routes, pages.routes) == ("public", "pages")
    assert public.pages_url == pages.pages_url == "https://countersign-pages-42.europe-west1.run.app"
    assert pages.channels["iap"].audiences == ("/projects/42/locations/europe-west1/services/countersign-pages",)
    assert public.channels["iap"].audiences == ()
    for each in (public, pages):
        assert str(each.store) == "firestore://shop-tools/(default)"
        assert str(each.signer) == "iam:countersign-signer@shop-tools.iam.gserviceaccount.com"
        assert each.channels["mail"].sender == "countersign@example.com"
        assert each.channels["mail"].sender_name == NAME
    assert not (deployed.folder / "forged").exists()


def settings(desk: Desk, name: str) -> Any:
    """What the program reads in that service's container, as it would there."""
    service = desk.state["made"]["services"][name]
    held = desk.state["made"]["secrets"]
    secrets = {
        each: held[source.partition(":")[0]]["versions"][-1]
        for each, source in service["secrets"].items()
        if not each.startswith("/")
    }
    assert service["secrets"]["/etc/countersign/policy.yaml"] == "countersign-policy:latest"
    assert held["countersign-policy"]["versions"] == [POLICY]
    return read({**service["env"], **secrets, "K_SERVICE": name})


def test_the_pages_alone_stand_behind_the_proxy(deployed: Desk) -> None:
    services, bindings = deployed.state["made"]["services"], deployed.state["bindings"]

    cpu = {"quiet", "cpu-boost", "no-cpu-throttling"}
    assert set(services["countersign"]["flags"]) == cpu | {"no-invoker-iam-check"}
    assert set(services["countersign-pages"]["flags"]) == cpu | {"iap", "no-allow-unauthenticated"}
    agent = "serviceAccount:service-42@gcp-sa-iap.iam.gserviceaccount.com"
    assert [each for each in bindings if "run.invoker" in each] == [
        f"run services countersign-pages roles/run.invoker {agent}"
    ]
    passing = "iap web countersign-pages roles/iap.httpsResourceAccessor"
    assert [each for each in bindings if "httpsResourceAccessor" in each] == [
        f"{passing} domain:example.com",
        f"{passing} group:staff@example.com",
    ]


def test_the_service_gets_no_more_than_it_needs(deployed: Desk) -> None:
    own = [each.split() for each in deployed.state["bindings"] if each.endswith(f"serviceAccount:{ACCOUNT}")]

    assert sorted(each[-2] for each in own) == [
        "projects/shop-tools/roles/countersignIapReader",
        "roles/datastore.user",
        "roles/iam.serviceAccountTokenCreator",
        *["roles/secretmanager.secretAccessor"] * 3,
    ]
    (reader,) = deployed.state["made"]["iam roles"].values()
    assert reader["permissions"] == ["iap.webServices.getSettings"]


def test_every_index_of_the_store_is_made(deployed: Desk) -> None:
    wanted = set()
    for index in json.loads((ROOT / "firestore.indexes.json").read_text())["indexes"]:
        ways = [
            f"{field['fieldPath']},order={field['order'].lower()}"
            if "order" in field
            else f"{field['fieldPath']},array-config={field['arrayConfig'].lower()}"
            for field in index["fields"]
        ]
        wanted.add(" ".join([index["collectionGroup"], *(f"field-path={way}" for way in ways)]))

    assert set(deployed.state["made"]["firestore indexes composite"]) == wanted


def test_run_again_it_makes_nothing_twice_and_brings_a_new_policy(deployed: Desk, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.environ["SETTINGS"] = deployed.environ["SETTINGS"]
    (tmp_path / "state.json").write_text(json.dumps(deployed.made() | {"calls": []}))
    (tmp_path / "policy.yaml").write_text(POLICY + "# new\n")

    # The tokens are wanted for secrets that are not there, and these are.
    done = desk.run("--apply", SLACK_BOT_TOKEN="", SLACK_SIGNING_SECRET="")

    assert done.returncode == 0, done.stderr
    after = desk.made()
    assert after["made"]["secrets"]["countersign-policy"]["versions"].pop() == POLICY + "# new\n"
    assert after == deployed.made()
    made = [call for call in desk.calls if "create" in call]
    assert {call[1] for call in made} == {"services", "indexes"}, "of these alone it is not asked before"


# --- what Google's own command takes

PARSE = """
import io, json, sys
from contextlib import redirect_stderr
root = sys.argv[1]
sys.path[:0] = [root + "/lib", root + "/lib/third_party"]
from googlecloudsdk import gcloud_main
parser = gcloud_main.CreateCLI([])._CLI__parser
wrong = []
for call in json.load(sys.stdin):
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            parser.parse_args(call)
    except SystemExit:
        wrong.append([call, said.getvalue()])
print(json.dumps(wrong))
"""


def readme_calls() -> list[list[str]]:
    """The commands of the README with something in the place of each variable."""
    joined = (ROOT / "README.md").read_text().replace("\\\n", " ")
    lines = [line.strip() for line in joined.splitlines()]
    found = [line.rpartition("| ")[2] if line.startswith("printf") else line for line in lines]
    words = [shlex.split(line.partition(" > ")[0], comments=True) for line in found if line.startswith("gcloud ")]
    return [[each.replace("$", "") for each in call[1:] if each not in ("||", "{")] for call in words]


@pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")
def test_googles_own_command_takes_every_call_of_the_script_and_of_the_readme(
    deployed: Desk, tmp_path: Path
) -> None:
    root = sdk()
    bundled = root / "platform" / "bundledpythonunix" / "bin" / "python3"
    python = str(bundled) if bundled.exists() else sys.executable
    calls = deployed.calls + readme_calls()
    for name in ("condition-shop-prod.yaml", "left.yaml"):
        (tmp_path / name).write_text("title: t\nexpression: 'true'\n")
    # One that is wrong shows that anything is looked at.
    wrong = ["run", "deploy", "countersign", "--iap-for-all"]
    done = subprocess.run(
        [python, "-c", PARSE, str(root)],
        input=json.dumps([*calls, wrong]),
        env=environ_of_gcloud(tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    refused = json.loads(done.stdout)
    assert [call for call, _ in refused] == [wrong], refused


def sdk() -> Path:
    return Path(shutil.which("gcloud") or "").resolve().parent.parent


def environ_of_gcloud(folder: Path) -> Mapping[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "CLOUDSDK_CONFIG": str(folder / "gcloud"),
        "CLOUDSDK_CORE_DISABLE_FILE_LOGGING": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
    }
