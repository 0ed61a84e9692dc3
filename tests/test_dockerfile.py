"""The Dockerfile, held against rules and run as far as that goes without a Docker engine."""

import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest

import bot

ROOT = Path(__file__).parent.parent
OURS = {"approvals", "bot", "countersign_client", "handlers"}


class Instruction(NamedTuple):
    stage: int
    name: str
    text: str


def instructions() -> list[Instruction]:
    """Every instruction, comments dropped and continued lines joined; the stage counts from 1."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    found: list[Instruction] = []
    stage = 0
    for line in filter(None, joined.splitlines()):
        name, _, text = line.partition(" ")
        stage += name == "FROM"
        found.append(Instruction(stage, name, text.strip()))
    return found


def of(name: str, *, stage: int = 0) -> list[str]:
    """The texts of all instructions of one name, in one stage or in all."""
    return [each.text for each in instructions() if each.name == name and stage in (0, each.stage)]


def variables() -> dict[str, str]:
    return dict(pair.split("=", 1) for text in of("ENV", stage=2) for pair in shlex.split(text))


def test_the_final_image_starts_from_the_base_and_not_from_the_build() -> None:
    first, last = of("FROM")

    assert first == f"{last} AS build"


def test_the_base_is_slim_and_pinned_to_a_version_and_to_its_bytes() -> None:
    pinned = r"python:3\.\d+\.\d+-slim-[a-z]+@sha256:[0-9a-f]{64}( AS build)?"

    assert all(re.fullmatch(pinned, base) for base in of("FROM"))


def test_the_base_is_a_python_that_the_project_supports() -> None:
    floor = re.search(r'requires-python = ">=3\.(\d+)"', (ROOT / "pyproject.toml").read_text())

    assert floor
    assert all(int(base.split(".")[1]) >= int(floor[1]) for base in of("FROM"))


def test_it_runs_as_a_numeric_user_that_is_not_root() -> None:
    (user,) = of("USER", stage=2)

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_nothing_is_run_or_copied_after_the_user_is_set() -> None:
    names = [each.name for each in instructions() if each.stage == 2]

    assert not {"RUN", "COPY", "ADD"} & set(names[names.index("USER") :])


def test_the_user_owns_the_volume() -> None:
    (user,) = of("USER", stage=2)
    (volume,) = of("VOLUME", stage=2)

    assert f"--from=build --chown={user} /empty {volume}" in of("COPY", stage=2)


def test_the_state_is_kept_in_the_volume() -> None:
    (volume,) = of("VOLUME", stage=2)

    assert variables()["COUNTERSIGN_STORE"].startswith(f"sqlite:///{volume}/")
    assert variables()["COUNTERSIGN_SIGNER"].startswith(f"file:{volume}/")


def test_everything_from_outside_is_installed_by_hash() -> None:
    installs = [text for text in of("RUN") if "pip " in text and " install " in text]

    assert installs
    assert all("--require-hashes" in text or ("--no-index" in text and "--no-deps" in text) for text in installs)


def test_no_tool_to_build_with_is_in_the_final_image() -> None:
    final = " ".join(of("RUN", stage=2))

    assert not re.search(r"apt-get|apk|gcc|hatchling|pip install|npm", final)
    assert "pip uninstall --yes" in final
    assert "hatchling" not in (ROOT / "requirements-image.txt").read_text()


def test_nothing_is_added_from_an_address() -> None:
    assert of("ADD") == []
    assert not re.search(r"https?://|curl|wget", " ".join(of("RUN")))


def test_no_secret_is_baked_in() -> None:
    assert of("ARG") == []
    assert not [name for name in variables() if re.search(r"TOKEN|SECRET|PASSWORD", name)]


def test_it_starts_without_a_shell_so_that_signals_arrive() -> None:
    assert [json.loads(text) for text in of("ENTRYPOINT")] == [["countersign"]]
    assert [json.loads(text) for text in of("CMD")] == [["serve"]]


def test_every_copied_source_exists_and_reaches_the_build() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {source for text in of("COPY", stage=1) for source in shlex.split(text)[:-1]}

    assert copied == allowed
    assert all((ROOT / source).exists() for source in copied)


def test_the_build_sees_nothing_that_is_not_named() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]

    assert lines[0] == "*"
    assert not {"demo", "sandbox", "tests", ".git", "data"} & {line.strip("!/") for line in lines[1:]}


def test_the_discovery_documents_that_the_code_builds_are_kept() -> None:
    (prune,) = [text for text in of("RUN") if "discovery_cache" in text]
    kept = set(re.findall(r"! -name (\S+)\.json", prune))
    sources = [path.read_text() for package in OURS for path in (ROOT / package).rglob("*.py")]
    built = {".".join(pair) for text in sources for pair in re.findall(r'\bRest\(\s*"(\w+)",\s*"(\w+)"', text)}

    assert built == kept
    assert all((discovery_documents() / f"{name}.json").is_file() for name in kept)


def discovery_documents() -> Path:
    import googleapiclient  # noqa: PLC0415 -- heavy, and needed by one test

    return Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as the Dockerfile builds it."""
    target = tmp_path_factory.mktemp("wheel")
    (build,) = [text for text in of("RUN") if "hatchling build" in text]
    command = shlex.split(build.partition(" && ")[0].replace("/wheel", str(target)))
    subprocess.run([sys.executable, *command[1:]], cwd=ROOT, check=True, capture_output=True)
    (made,) = target.glob("*.whl")
    return made


def test_the_wheel_holds_our_packages_and_neither_sandbox_nor_demo_nor_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        top = {name.partition("/")[0] for name in archive.namelist()}

    assert top == OURS | {f"countersign_approvals-{bot.__version__}.dist-info"}


def test_the_wheel_says_what_it_is_made_of(wheel: Path) -> None:
    """PEP 770: bills of materials stand beside the metadata, where scanners of images look for them."""
    with zipfile.ZipFile(wheel) as archive:
        bill = json.loads(archive.read(f"countersign_approvals-{bot.__version__}.dist-info/sboms/sbom.cdx.json"))

    lines = re.findall(r"^([a-z0-9._-]+)==(\S+)(.*)", (ROOT / "requirements-image.txt").read_text(), re.MULTILINE)
    elsewhere = ("== 'emscripten'", "== 'win32'")
    locked = {(name, version) for name, version, marker in lines if not any(each in marker for each in elsewhere)}
    assert bill["bomFormat"] == "CycloneDX"
    assert {(each["name"], each["version"]) for each in bill["components"]} >= locked


def test_the_command_runs_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    done = from_the_wheel(wheel, tmp_path, "--version")

    assert done.returncode == 0, done.stderr
    assert bot.__version__ in done.stdout


@pytest.mark.parametrize("how", [[], ["--play"]], ids=["run", "play"])
def test_the_demo_of_an_installation_says_where_it_can_be_run(wheel: Path, tmp_path: Path, how: list[str]) -> None:
    done = from_the_wheel(wheel, tmp_path, "demo", *how)

    said = "countersign: the sandbox is not part of this installation: run the demo from a checkout\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)


def from_the_wheel(wheel: Path, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command. `-S` keeps the checkout's own packages out; only the environment's libraries are added."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
        entry = archive.read(f"countersign_approvals-{bot.__version__}.dist-info/entry_points.txt").decode()
    module, function = re.findall(r"countersign = (\S+):(\S+)", entry)[0]
    libraries = Path(pytest.__file__).parent.parent
    code = f"import sys; sys.argv[1:] = {list(arguments)}; from {module} import {function}; sys.exit({function}())"
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{tmp_path}:{libraries}"}

    return subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False), (404, False)])
def test_the_health_check_believes_only_a_200(status: int, healthy: bool) -> None:
    server = HTTPServer(("127.0.0.1", 0), answering(status))
    Thread(target=server.handle_request, daemon=True).start()

    assert (health_check(server.server_port) == 0) is healthy
    server.server_close()


def test_the_health_check_fails_where_nobody_listens() -> None:
    server = HTTPServer(("127.0.0.1", 0), answering(200))
    server.server_close()

    assert health_check(server.server_port) != 0


def health_check(port: int) -> int:
    (text,) = of("HEALTHCHECK")
    command = json.loads(text.partition(" CMD ")[2])
    environ = {"PATH": os.environ["PATH"], "PORT": str(port)}
    return subprocess.run([sys.executable, *command[1:]], env=environ, capture_output=True, check=False).returncode


def answering(status: int) -> Callable[..., BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/health"
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Stay quiet."""

    return Answer
