"""What is skipped in silence is not tested: the switch that forbids it works."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SKIPPED_TEST = "import pytest\n\ndef test_it():\n    pytest.skip('no browser')\n"
SKIPPED_MODULE = "import pytest\n\npytest.skip('no browser', allow_module_level=True)\n"
EXPECTED_FAILURE = "import pytest\n\n@pytest.mark.xfail\ndef test_it():\n    assert False\n"


def run(folder: Path, text: str, *, no_skips: bool, **changes: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(Path(__file__).parent / "conftest.py", folder)
    (folder / "test_one.py").write_text(text)
    environ = {
        **os.environ,
        "TEST_NO_SKIPS": "1" if no_skips else "",
        "PYTEST_ADDOPTS": "",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        **changes,
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(folder),
        str(folder),
    ]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("text", [SKIPPED_TEST, SKIPPED_MODULE])
def test_a_skip_fails_where_nothing_may_be_skipped(tmp_path: Path, text: str) -> None:
    done = run(tmp_path, text, no_skips=True)

    assert done.returncode not in (0, 5)
    assert "skipped where nothing may be: " in done.stdout
    assert "no browser" in done.stdout


def test_a_skip_is_a_skip_elsewhere(tmp_path: Path) -> None:
    assert run(tmp_path, SKIPPED_TEST, no_skips=False).returncode == 0


EXAMPLES = """
from pathlib import Path
import shop
from hypothesis import given, strategies

seen = []

@given(strategies.integers())
def test_it(number):
    seen.append(number)

def test_what_was_seen():
    Path(__file__).with_name("seen").write_text(repr(seen))
"""


def test_examples_are_the_same_whatever_stands_in_other_modules(tmp_path: Path) -> None:
    seen = []
    for number in (11, 12):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "shop.py").write_text("".join(f"N{each} = {number}{each:09}\n" for each in range(99)))
        assert run(folder, EXAMPLES, no_skips=True).returncode == 0
        seen.append((folder / "seen").read_text())

    assert len(seen[0]) > 200
    assert seen[0] == seen[1]


def beside_gcloud(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a folder with a test of `gcloud` in it; the command is there only if it is in that folder."""
    inner = folder / "sandbox" / "google"
    inner.mkdir(parents=True)
    (inner / "test_gcloud.py").write_text("def test_it():\n    assert False\n")
    return run(folder, "def test_it():\n    pass\n", no_skips=True, PATH=str(folder))


def test_what_needs_gcloud_is_left_out_without_it_and_the_summary_says_so(tmp_path: Path) -> None:
    done = beside_gcloud(tmp_path)

    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    assert "left out, for gcloud is not installed: sandbox/google/test_gcloud.py" in done.stdout


def test_what_needs_gcloud_runs_with_it(tmp_path: Path) -> None:
    (tmp_path / "gcloud").write_text("")
    (tmp_path / "gcloud").chmod(0o755)
    done = beside_gcloud(tmp_path)

    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert "left out" not in done.stdout


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    assert run(tmp_path, EXPECTED_FAILURE, no_skips=True).returncode == 0
