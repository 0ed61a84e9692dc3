"""Google's libraries load when they are first needed, by whichever threads need them first, at once."""

import subprocess
import sys

import pytest

# The first thread makes the module `google.auth`, which nobody finds yet; the second one gets as far as it can.
BOTH = """
import threading, sys
from importlib import import_module
from importlib.machinery import PathFinder

failed, others = [], []

def second():
    try:
        {second}
    except BaseException as error:
        failed.append(error)

class Begun:
    def find_spec(self, name, path=None, target=None):
        if name != "google.auth" or others:
            return None
        spec = PathFinder.find_spec(name, path)
        spec.loader.create_module = lambda spec: self.wait()
        return spec

    def wait(self):
        others.append(threading.Thread(target=second))
        others[0].start()
        others[0].join(3)

sys.meta_path.insert(0, Begun())
import google.auth
others[0].join()
if failed:
    raise failed[0]
"""


@pytest.mark.parametrize(
    "second",
    [
        "import_module('approvals.backends.google_rest')",
        "import_module('approvals.backends.google_places').load()",
    ],
    ids=["calls", "limits"],
)
def test_two_threads_that_load_googles_libraries_at_once_do_not_end_each_other(second: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", BOTH.format(second=second)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
