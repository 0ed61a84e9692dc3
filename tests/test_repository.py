"""What holds for the whole repository and no single package."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot
from handlers.wording.reading import commands
from tools import doctor_codes, notices, rule_variables, settings_table, state_diagram

ROOT = Path(__file__).parent.parent
NOT_OURS = {
    ".git", ".venv", ".demo", ".hypothesis", ".import_linter_cache", ".mypy_cache", ".pytest_cache", ".ruff_cache",
    "__pycache__", "build", "data", "dist", "node_modules", "static",
}  # fmt: skip
PYTHON_LOCKS = ("requirements.txt", "requirements-image.txt", "requirements-test.txt")
LONGEST_FILE = 300

# Put together here, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a path of somebody's machine": re.compile(r"(?<![\w.<])/(?:wo" + r"rk|fa" + r"rm|home/\w+|Users/\w+)/"),
    "a page that only its authors have": re.compile("sha" + r"red/(?:facts|data|design)|\bdesi" + r"gn\.md\b"),
    "the host of a package registry": re.compile(
        r"(?:files\.python" + r"hosted|pypi\.py" + r"thon|registry\.npm" + r"js)\."
    ),
    "a merge that was not ended": re.compile(r"^(?:<{7} |>{7} |[|]{7} )", re.MULTILINE),
    "unfinished work": re.compile("TO" + r"DO\b|FIX" + r"ME\b|raise NotImple" + "mentedError"),
}
ALLOWED = {(".ci/run", "a page that only its authors have")}


def _foreign(folder: str) -> bool:
    # Another Python's environment stands beside the first: .venv-3.13.
    return folder in NOT_OURS or folder.startswith(".venv-") or folder.endswith(".egg-info")


def files() -> Iterator[Path]:
    """Every file that belongs to the repository, relative to its root."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not _foreign(name)]
        yield from ((Path(folder) / name).relative_to(ROOT) for name in names if name != ".git")


def text(path: Path | str) -> str:
    """The text of a file; nothing for one that is not text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_no_python_file_is_too_long_to_read() -> None:
    lengths = {str(path): text(path).count("\n") for path in files() if path.suffix == ".py"}

    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


def unguarded(source: str) -> bool:
    """Whether something is read by a type of `msgspec`. What is read without one fills none in."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module="msgspec", names=names):
                if {each.name for each in names} & {"convert", *FORMATS}:
                    return True
            case ast.ImportFrom(module=str(module)) | ast.Import(names=[ast.alias(name=module), *_]):
                if module in {f"msgspec.{each}" for each in FORMATS}:
                    return True
            case ast.Call(func=func) if re.fullmatch(TYPED, ast.unparse(func)):
                return True
            case ast.Call(func=func, args=args, keywords=given) if re.fullmatch(BARE, ast.unparse(func)):
                if len(args) > 1 or {each.arg for each in given} & {"type", None}:
                    return True
    return False


FORMATS = ("json", "yaml", "toml", "msgpack")
TYPED = rf"msgspec\.(?:convert|(?:{'|'.join(FORMATS)})\.Decoder(?:\[.*\])?)"
BARE = rf"msgspec\.(?:{'|'.join(FORMATS)})\.decode"


def test_what_threads_may_read_at_once_is_read_by_one_door() -> None:
    """Two threads that read by one type for the first time end the process, but by `countersign_client.shapes`."""
    ours = ("approvals", "bot", "chaos", "handlers", "countersign_client")
    found = {path for path in files() if path.parts[0] in ours and path.suffix == ".py"}

    assert {str(path) for path in found if unguarded(text(path))} == {"countersign_client/shapes.py"}, (
        "read by shapes.decode(body, Kind) or shapes.convert(value, Kind)"
    )


@pytest.mark.parametrize(
    "line",
    [
        "msgspec.convert(value, Kind)",
        "msgspec.json.decode(body, type=Kind)",
        "msgspec.json.decode(f(g(h(1))), type=Kind)",
        "msgspec.json.decode(body, **how)",
        "msgspec.yaml.decode(body, type=Kind)",
        "msgspec.json.Decoder(Kind)",
        "msgspec.json.Decoder[Kind](Kind)",
        "read = msgspec.msgpack.Decoder(Kind).decode",
        "from msgspec import UNSET, convert",
        "from msgspec import json as j",
        "from msgspec.json import decode",
        "import msgspec.json as j",
    ],
)
def test_no_other_door_is_overlooked(line: str) -> None:
    assert unguarded(line)
    assert not unguarded("from msgspec import UNSET\nmsgspec.json.decode(body)\nread: msgspec.json.Decoder[Any]")


@pytest.mark.parametrize("what", sorted(FORBIDDEN))
def test_the_repository_speaks_of_itself_alone(what: str) -> None:
    found = [
        f"{path}: {match[0]}"
        for path in files()
        if (str(path), what) not in ALLOWED
        for match in FORBIDDEN[what].finditer(text(path))
    ]

    assert found == []


def test_the_version_has_one_source() -> None:
    project = text("pyproject.toml")
    assigned = [str(path) for path in files() if re.search(r"^__version__ = ", text(path), re.MULTILINE)]

    assert assigned == ["bot/__init__.py"]
    assert 'dynamic = ["version"]' in project
    assert 'path = "bot/__init__.py"' in project


def test_the_changelog_knows_the_version() -> None:
    assert re.search(
        rf"^## (?:Unreleased: )?\[?{re.escape(bot.__version__)}\]?", text("CHANGELOG.md"), re.MULTILINE
    )


def test_the_changelog_says_nothing_twice() -> None:
    # It merges by union, which brings back what was taken out or moved meanwhile.
    starts = [line[:40] for line in text("CHANGELOG.md").splitlines() if line]

    assert sorted({start for start in starts if starts.count(start) > 1}) == []


def test_the_table_of_settings_is_fresh() -> None:
    page = text("docs/settings.md")

    assert settings_table.PART.within(page, settings_table.table()) == page


def test_the_table_of_what_rules_know_is_fresh() -> None:
    page = text("docs/policy.md")

    assert rule_variables.PART.within(page, rule_variables.table()) == page


def test_the_table_of_what_the_doctor_finds_is_fresh() -> None:
    page = text("docs/doctor.md")

    assert doctor_codes.PART.within(page, doctor_codes.table()) == page


def test_the_diagram_of_states_is_fresh() -> None:
    page = text("docs/architecture.md")

    assert state_diagram.PART.within(page, state_diagram.diagram()) == page


def test_every_file_that_the_page_on_how_it_is_built_leads_to_is_there() -> None:
    """Named from the root, or from `approvals` where the page speaks of its parts."""
    named = set(re.findall(r"`(\w[\w./]*/[\w./]*)`", text("docs/architecture.md")))
    missing = {name for name in named if not any((ROOT / where / name).exists() for where in (".", "approvals"))}

    assert len(named) > 25
    assert missing == set()


def test_every_decision_is_named_by_the_page_on_how_it_is_built() -> None:
    """Also one that was made just now: nobody looks for a decision in a list of files."""
    decisions = {path.name for path in (ROOT / "docs/adr").iterdir()}

    assert decisions - set(re.findall(r"\(adr/([\w-]+\.md)\)", text("docs/architecture.md"))) == set()


def test_the_notices_are_fresh() -> None:
    assert text("THIRD_PARTY_NOTICES") == notices.notices()


@pytest.mark.parametrize("lock", PYTHON_LOCKS)
def test_a_python_lock_holds_hashes_and_no_address(lock: str) -> None:
    pinned = notices.pins(text(lock))

    assert pinned
    assert "://" not in text(lock)
    assert text(lock).count(" \\\n    --hash=sha256:") >= len(pinned)


def test_the_page_s_lock_holds_no_download_address() -> None:
    assert '"resolved"' not in text("sandbox/page/package-lock.json")


def test_the_locks_agree() -> None:
    image, demo, tests = (notices.pins(text(name)) for name in ("requirements-image.txt", *PYTHON_LOCKS[::2]))

    assert image.items() <= demo.items() <= tests.items()


def test_the_ci_script_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


@pytest.mark.parametrize("page", sorted(str(path) for path in files() if path.suffix == ".md"))
def test_links_between_pages_lead_somewhere(page: str) -> None:
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text(page))

    assert [target for target in targets if not (ROOT / page).parent.joinpath(target).exists()] == []


@pytest.mark.parametrize("page", sorted(str(path) for path in files() if path.suffix == ".md"))
def test_links_to_a_part_of_a_page_lead_to_its_heading(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#\s]*\.md|)#([^)\s]+)\)", text(page))
    places = [((ROOT / page).parent / name if name else ROOT / page, part) for name, part in links]

    assert [(str(place), part) for place, part in places if part not in anchors(place)] == []


def anchors(page: Path) -> set[str]:
    """What the headings of a page are called in links; one that stands there before gets a number."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    named = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
    counts = [named[:place].count(name) for place, name in enumerate(named)]
    return {f"{name}-{count}" if count else name for name, count in zip(named, counts, strict=True)}


def test_the_readme_has_every_word_of_the_command() -> None:
    rows = re.findall(r"^\| `/jit ([a-z-]+)", text("README.md"), re.MULTILINE)
    assert set(rows) == set(commands._VERBS)


def invariants() -> dict[int, str]:
    """The rows of SECURITY.md's table: the number, and the cell that names the tests."""
    rows = re.findall(r"^\| (\d+) \| [^|]+ \| ([^|]+) \|$", text("SECURITY.md"), re.MULTILINE)
    return {int(number): cell for number, cell in rows}


def test_every_invariant_has_a_row() -> None:
    assert sorted(invariants()) == list(range(1, 17))


def named(told: str) -> list[tuple[str, str]]:
    """The tests that a text names, each by its file and its name."""
    return re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", told)


@pytest.mark.parametrize("number", range(1, 17))
def test_an_invariant_names_tests_that_exist(number: int) -> None:
    cell = invariants()[number]

    assert named(cell) or "not in this version" in cell.lower()
    assert [f"{path}::{name}" for path, name in named(cell) if name not in functions(path)] == []


def test_every_failure_of_others_names_tests_that_exist() -> None:
    rows = re.findall(r"^\| (?!What |---)[^|]+ \| ([^|]+) \|$", text("docs/failures.md"), re.MULTILINE)

    assert len(rows) > 25
    assert [row for row in rows if not named(row)] == []
    assert [f"{path}::{name}" for row in rows for path, name in named(row) if name not in functions(path)] == []


def functions(path: str) -> set[str]:
    """The names of all test functions and classes of a file; none when it is not there."""
    if not (ROOT / path).is_file():
        return set()
    kinds = (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(ast.parse(text(path))) if isinstance(node, kinds)}
