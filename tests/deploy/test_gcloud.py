"""What the deployment's script and the pages say to `gcloud`, Google's own takes."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.deploy.desk import ROOT, Desk

PARSE = """
import io, json, sys
from contextlib import redirect_stderr
root = sys.argv[1]
sys.path[:0] = [root + "/lib", root + "/lib/third_party"]
try:
    from googlecloudsdk import gcloud_main
    parser = gcloud_main.CreateCLI([])._CLI__parser
except (AttributeError, ImportError) as error:
    sys.exit(f"not the parts of 528: {error}")
wrong = []
for call in json.load(sys.stdin):
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            parser.parse_args(call)
    except (Exception, SystemExit) as error:
        wrong.append([call, f"{error} {said.getvalue()}"])
print(json.dumps(wrong))
"""


PAGES = [
    ROOT / "README.md",
    ROOT / "SECURITY.md",
    ROOT / "deploy" / "terraform" / "README.md",
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if page.parent.name != "adr"),
]
_SPAN = re.compile(r"`(gcloud [^`\n]* --[^`\n]*)`")
"""A command in a sentence or a table with what follows its name: it is there to be typed."""


def written_calls() -> list[list[str]]:
    """The commands of the pages with something in the place of each variable."""
    joined = "\n".join(page.read_text() for page in PAGES).replace("\\\n", " ")
    lines = [line.strip() for line in joined.splitlines()]
    found = [line.rpartition("| ")[2] if line.startswith("printf") else line for line in lines]
    found = [line for line in found if line.startswith("gcloud ")] + _SPAN.findall(joined)
    words = [shlex.split(re.split(" > | [|] ", line)[0], comments=True) for line in found]
    return [[_filled_in(each) for each in call[1:] if each not in ("||", "{")] for call in words]


def _filled_in(word: str) -> str:
    """Of some placeholders the command looks at the form."""
    named = re.sub(r"\$(\w+)", lambda name: name[1].lower(), word)
    return named.replace("--iam-account=ACCOUNT", "--iam-account=account@shop-tools.iam.gserviceaccount.com")


def test_the_pages_are_looked_at() -> None:
    calls = [" ".join(call) for call in written_calls()]

    for each in (
        "firestore databases restore --source-backup=NAME --destination-database=restored",
        "secrets versions destroy VERSION --secret=SECRET",
        "run revisions list --service=countersign --region=REGION",
    ):
        assert each in calls


@pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")
def test_googles_own_command_takes_every_call_of_the_script_and_of_the_pages(
    deployed: Desk, swept: Desk, tmp_path: Path
) -> None:
    root = sdk()
    bundled = root / "platform" / "bundledpythonunix" / "bin" / "python3"
    python = str(bundled) if bundled.exists() else sys.executable
    calls = deployed.calls + swept.calls + written_calls()
    for name in (
        "condition-shop-prod.yaml",
        "left.yaml",
        "iap.yaml",
        "now.yaml",
        "new.txt",
        "countersign.yaml",
        "countersign-pages.yaml",
    ):
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

    if "not the parts of 528" in done.stderr:
        pytest.skip("this gcloud is built in another way")
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
