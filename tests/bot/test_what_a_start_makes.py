"""What is dear to make is not made by a start that can do without it."""

from pathlib import Path

from tests.bot.test_first_answer import API, MAIL, PAGES, SERVED, imported

CIPHERS = "cryptography.hazmat.primitives.ciphers"
"""All ciphers of the library. Keys are read without them; who signs or checks first loads them."""

FORM = """
import bot.compose, bot.serve, sys
bot.compose.HOLD = bot.serve.HOLD = 60.0
from pathlib import Path
from tests.support.running import running
with running(Path(sys.argv[1])) as office:
    office.box.slack.command("alice", "/jit")
    print("handlers.slack.pressing" in sys.modules)
    office.box.slack.submit("alice", {"entitlement": "admin", "duration": "1h", "justification": "INC-1"})
    print("handlers.slack.pressing" in sys.modules, len(office.service.store.pending(limit=5)), flush=True)
"""


def test_who_sends_a_form_before_its_part_is_loaded_is_heard(tmp_path: Path) -> None:
    assert imported(FORM, tmp_path) == ["False", "True 1"]


def test_what_a_start_loads_makes_no_cipher(tmp_path: Path) -> None:
    loaded = imported(SERVED, tmp_path)
    assert "countersign_client.jws" in loaded
    assert CIPHERS not in loaded


COMPILED = """
import msgspec, os, re, sys  # msgspec compiles what its types say, which no module can put off
compiled, unused = re.compile, {}

class Watched:
    def __init__(self, pattern, name):
        self._pattern = pattern
        unused[id(self)] = name
    def __getattr__(self, name):
        unused.pop(id(self), None)
        return getattr(self._pattern, name)

def watched(text, flags=0):
    made, module = compiled(text, flags), sys._getframe(1).f_globals["__name__"]
    return Watched(made, f"{module} {text!a}") if module.partition(".")[0] in OURS else made

OURS = ("approvals", "bot", "countersign_client", "handlers")
re.compile = watched
import approvals.backends.stores.sqlite, bot.cli, bot.serve
import handlers.applications.opened, handlers.mail.opened, handlers.signals.opened, handlers.slack.opened
import handlers.web.opened
re.compile = compiled
print(len(unused))
bot.compose.HOLD = 60.0
from pathlib import Path
from tests.support.running import running
environ = dict(each.split("=", 1) for each in sys.argv[3:])
with running(Path(sys.argv[1]), environ=environ) as office:
    assert office.box.slack.command("alice", "/jit").view
    print(*unused.values(), sep="\\n", flush=True)
    os._exit(0)
"""


def test_a_start_compiles_no_pattern_that_the_first_answer_does_without(tmp_path: Path) -> None:
    count, *unused = imported(COMPILED, tmp_path, PAGES | API | MAIL)

    assert int(count) > 0
    # Those of the log are for its first line, whenever that comes.
    assert [each for each in unused if not each.startswith("bot.redaction ")] == []
