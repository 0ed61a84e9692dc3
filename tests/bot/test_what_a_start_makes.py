"""What is dear to make is not made by a start that can do without it."""

from pathlib import Path

from tests.bot.test_first_answer import SERVED, imported

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


MADE = """
import re, sys
import approvals.backends.stores.sqlite, bot.cli, bot.serve
import handlers.applications.opened, handlers.mail.opened, handlers.signals.opened, handlers.slack.opened
import handlers.web.opened
for name, module in sorted(sys.modules.items()):
    if name.partition(".")[0] in ("approvals", "bot", "countersign_client", "handlers"):
        for each, what in vars(module).items():
            pattern = isinstance(what, re.Pattern)
            if pattern or isinstance(what, type) and what.__module__ == name and hasattr(what, "_fields"):
                print("pattern" if pattern else "tuple", name, each)
"""
AT_ONCE = {
    "approvals.policy.reading.composing _DISPUTED",
    "approvals.policy.reading.composing _ODD",
    "approvals.policy.reading.document _DECIMAL",
    "approvals.policy.reading.sections DOMAIN",
    "approvals.policy.reading.sections GROUP_NAME",
    "approvals.policy.selectors DOMAIN",
    "approvals.policy.selectors GROUP_NAME",
    "approvals.principals _ADDRESS",
    "approvals.times _PART",
    "handlers.mail.mapping _ORDINARY",
    "handlers.slack.grammar _LINK",
    "handlers.slack.workspace _ADDRESS",
    "handlers.wording.commands _BLANK",
}
"""What reading a policy, the first command or settings need compiled, beside what each line of the log does."""

TUPLES = {
    "approvals.backends.stores.contents Filing",
    "approvals.backends.stores.contents GuardRow",
    "approvals.backends.stores.contents Head",
    "approvals.backends.stores.contents Made",
    "approvals.backends.stores.contents MarkRow",
    "approvals.backends.stores.contents WorkRow",
    "approvals.backends.stores.records EntryRow",
    "approvals.backends.stores.records RequestRow",
    "approvals.bindings Key",
    "approvals.chains Tail",
    "approvals.ports.store Position",
    "approvals.shelf _Row",
    "countersign_client.calls Response",
}
"""What is compared, taken apart or handed on as a tuple. To make one takes as long as four other records."""


def test_a_start_makes_no_pattern_and_no_tuple_that_it_can_do_without(tmp_path: Path) -> None:
    made = {line for line in imported(MADE, tmp_path) if not line.startswith("pattern bot.redaction")}

    assert made <= {f"pattern {each}" for each in AT_ONCE} | {f"tuple {each}" for each in TUPLES}
