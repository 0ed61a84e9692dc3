"""Google's own command, a client that we did not write, takes the sandbox for Google."""

import base64
import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.google import Google
from tests.bot.commands import run
from tests.sandbox.google.conftest import Client
from tests.support.googles import PROJECT
from tests.support.running import POLICY

CONDITION = {
    "expression": "request.time < timestamp('2030-01-01T00:00:00Z')",
    "title": "JIT access activation",
    "description": "Approved by bob@example.com",
}
ALICE_VIEWS = ["--member=user:alice@example.com", "--role=roles/run.viewer"]
SERVED = ("cloudresourcemanager", "secretmanager")
Gcloud = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def gcloud(google_url: str, tmp_path: Path) -> Gcloud:
    """Runs `gcloud` on the sandbox, as nobody in particular, with a configuration of its own."""
    (tmp_path / "token").write_text("sandbox")
    overrides = {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name.upper()}": f"{google_url}/{name}/" for name in SERVED}
    environ = overrides | {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "CLOUDSDK_CONFIG": str(tmp_path / "gcloud"),
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(tmp_path / "token"),
        "CLOUDSDK_CORE_PROJECT": PROJECT.partition("/")[2],
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_CORE_DISABLE_FILE_LOGGING": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        # Whatever it would say to anybody but the sandbox ends here.
        "HTTP_PROXY": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1",
    }

    def called(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        command = ["gcloud", *arguments, "--format=json"]
        return subprocess.run(
            command, env=environ, input=given, capture_output=True, text=True, timeout=90, check=False
        )

    return called


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def condition() -> str:
    return "--condition=" + ",".join(f"{name}={value}" for name, value in CONDITION.items())


def iam(gcloud: Gcloud, verb: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return gcloud("projects", f"{verb}-iam-policy-binding", PROJECT.partition("/")[2], *arguments)


def test_an_unknown_role_is_refused_in_googles_words(gcloud: Gcloud, google: Google) -> None:
    done = iam(gcloud, "add", "--member=user:alice@example.com", "--role=roles/run.owner")
    assert done.returncode == 1
    assert "INVALID_ARGUMENT: Role roles/run.owner is not supported for this resource." in done.stderr
    assert not google.policies()[PROJECT].get("bindings")


def test_a_conditional_binding_is_added_read_back_and_removed(gcloud: Gcloud, client: Client) -> None:
    other = {"role": "roles/browser", "members": ["user:bob@example.com"]}
    assert client.write({"bindings": [other]})[0] == 200
    made = {"role": "roles/run.viewer", "members": ["user:alice@example.com"], "condition": CONDITION}

    answer(iam(gcloud, "add", *ALICE_VIEWS, condition()))
    read = answer(gcloud("projects", "get-iam-policy", PROJECT.partition("/")[2]))
    assert read["version"] == 3
    assert sorted(read["bindings"], key=lambda each: str(each["role"])) == [other, made]
    assert client.read() == read

    answer(iam(gcloud, "remove", *ALICE_VIEWS, condition()))
    assert client.read()["bindings"] == [other]


def test_a_secret_gets_a_version_and_gives_it(gcloud: Gcloud, google: Google) -> None:
    google.secrets.create("projects/demo-prod/secrets/signer")
    added = answer(gcloud("secrets", "versions", "add", "signer", "--data-file=-", given="a key"))
    assert added["name"].endswith("/secrets/signer/versions/1")
    read = answer(gcloud("secrets", "versions", "access", "latest", "--secret=signer"))
    assert base64.b64decode(read["payload"]["data"]) == b"a key"


def test_the_lines_that_give_the_service_its_power_are_taken(
    gcloud: Gcloud, google: Google, tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY.replace("projects/shop-prod", PROJECT).replace("projects/shop-data", PROJECT))
    printed = run("setup", "iam", "--account", "countersign@shop-tools.iam.gserviceaccount.com", file).stdout
    ((name, content),) = re.findall(r"^cat > (\S+) <<'EOF'\n(.*?)^EOF$", printed, re.MULTILINE | re.DOTALL)
    (tmp_path / name).write_text(content)
    _, *arguments = shlex.split(printed[printed.index("gcloud projects") :].replace("\\\n", ""))
    arguments[-1] = f"--condition-from-file={tmp_path / name}"
    google.custom_roles.add(f"{PROJECT}/roles/countersignGranter")

    answer(gcloud(*arguments))
    (binding,) = google.policies()[PROJECT]["bindings"]
    assert binding["role"] == f"{PROJECT}/roles/countersignGranter"
    assert binding["members"] == ["serviceAccount:countersign@shop-tools.iam.gserviceaccount.com"]
    assert "modifiedGrantsByRole', []).hasOnly(['roles/" in binding["condition"]["expression"]
