"""A generated file is right or refused: the generators say what they cannot do."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from approvals.policy.roles import google_role
from tools import google_roles, jit_access_table, notices, sbom, settings_table
from tools.settings_table import PART

BEGIN, END = PART.begin, PART.end


@pytest.mark.parametrize("page", ["", f"{BEGIN}\n", f"{END}\n", f"{END}\n{BEGIN}\n"])
def test_a_page_without_both_markers_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="lacks"):
        PART.within(page, settings_table.table())


def test_a_stale_table_is_replaced_and_the_rest_is_kept() -> None:
    page = PART.within(f"# Before\n{BEGIN}\nstale\n{END}\nafter\n", settings_table.table())

    assert page.startswith(f"# Before\n{BEGIN}\n| Variable |")
    assert page.endswith(f"|\n{END}\nafter\n")
    assert "stale" not in page


def test_a_fresh_table_is_left_alone() -> None:
    page = PART.within(f"{BEGIN}\n{END}", settings_table.table())

    assert PART.within(page, settings_table.table()) == page


def test_a_stale_part_is_named_and_only_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}\nstale\n{END}")
    part = PART._replace(page=page)

    assert part.write("fresh", ["--check"]) == 1
    assert "page.md: a generated part is stale; run tools/settings_table.py" in capsys.readouterr().err
    assert "stale" in page.read_text()
    assert (part.write("fresh", []), part.write("fresh", ["--check"])) == (0, 0)


def test_a_cell_cannot_break_the_table() -> None:
    tables = (settings_table.table(), jit_access_table.table())

    assert all(line.count("|") == 4 for table in tables for line in table.splitlines())


def test_a_work_without_a_licence_is_refused() -> None:
    with pytest.raises(ValueError, match="unnamed states no licence"):
        notices.licence({"Name": "unnamed", "License": "a whole\nlicence text"}, ["Topic :: Security"])


@pytest.mark.parametrize(
    ("metadata", "classifiers", "licence"),
    [
        ({"License-Expression": "MIT", "License": "other"}, [], "MIT"),
        ({"License": "BSD-3-Clause"}, ["License :: OSI Approved :: MIT License"], "BSD-3-Clause"),
        ({"License": "a whole\ntext"}, ["License :: OSI Approved :: MIT License"], "MIT License"),
    ],
)
def test_the_licence_is_the_most_exact_statement(
    metadata: dict[str, str], classifiers: list[str], licence: str
) -> None:
    assert notices.licence(metadata, classifiers) == licence


def test_pins_are_read_past_hashes_comments_and_what_is_for_other_systems() -> None:
    lock = (
        "# a==1\na-b==1.2.3 \\\n    --hash=sha256:00\n    # via c==9\nc==4 ; sys_platform != 'win32' \\\n"
        "d==5 ; sys_platform == 'win32' \\\n"
    )

    assert notices.pins(lock) == {"a-b": "1.2.3", "c": "4"}


def test_the_page_s_packages_are_followed_to_the_end() -> None:
    names = {line.partition(" ")[0] for line in notices.page_lines()}

    assert {"react", "react-dom", "scheduler", "slack-blocks-to-jsx", "react-markdown", "micromark"} <= names
    assert not {"esbuild", "typescript"} & names


def test_a_base_without_its_digest_is_refused() -> None:
    with pytest.raises(ValueError, match="no digest"):
        sbom.base("FROM python:3.11-slim\n")


def test_a_pin_without_a_hash_is_refused() -> None:
    """Any file of that version would do, so what is in the image is not known."""
    with pytest.raises(ValueError, match="no hash of click"):
        sbom.distribution("click", "8.0", ())


def test_the_bill_of_materials_holds_by_the_schema_that_cyclonedx_published() -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    made = sbom.document()
    assert validator.validate_str(made.replace('"type": "library"', '"type": "book"')) is not None

    assert validator.validate_str(made) is None


def test_the_bill_of_materials_has_each_pin_of_the_lock_with_the_hashes_of_its_files() -> None:
    """Of what the lock has for this system; what pip would install is what the bill knows again."""
    bill = {each["name"]: each for each in json.loads(sbom.document())["components"] if each["type"] == "library"}
    pinned = {}
    for block in re.split(r"\n(?=\S)", notices.LOCK.read_text()):
        if found := re.match(r"([a-z0-9._-]+)==(\S+)", block):
            pinned[found[1]] = (found[2], {*re.findall(r"sha256:([0-9a-f]{64})", block)})

    assert set(bill) == set(notices.pins(notices.LOCK.read_text()))
    for name, each in bill.items():
        (reference,) = each["externalReferences"]
        assert (each["version"], {one["content"] for one in reference["hashes"]}) == pinned[name]
        assert each["purl"] == f"pkg:pypi/{name}@{each['version']}"


def test_the_same_lock_makes_the_same_bill_of_materials() -> None:
    assert sbom.document() == sbom.document() == sbom.SBOM.read_text()


ROLE = {"name": "roles/a.b", "title": "A b", "permissions": 3, "writes": True, "lasting": ["keys", "act_as"]}
SOURCE = "somebody's list (2026-08-22), MIT"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "projects/x/roles/y"}, "no name of a predefined role"),
        ({"name": "roles/a\tb"}, "no name of a predefined role"),
        ({"title": "a\tb"}, "no title"),
        ({"title": "a\nb.c\tAdmin"}, "no title"),
        ({"title": " "}, "no title"),
        ({"lasting": ["rockets"]}, "unknown kinds of permissions: rockets"),
    ],
)
def test_a_role_that_the_list_cannot_hold_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        google_roles.table({"source": SOURCE, "roles": [ROLE | wrong]})


@pytest.mark.parametrize("source", ["a list, MIT", "a list (2026-08-22), ", "a (2026-08-22), MIT\nroles/x"])
def test_a_list_without_a_date_and_a_licence_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="no date and licence"):
        google_roles.table({"source": source, "roles": [ROLE]})


def test_a_role_that_is_listed_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="listed twice"):
        google_roles.table({"source": SOURCE, "roles": [ROLE, ROLE | {"title": "Other"}]})


def test_a_list_of_roles_is_in_order_and_says_where_nothing_is_known() -> None:
    silent = {"name": "roles/a.a", "title": "None", "permissions": 0, "writes": False, "lasting": []}

    assert google_roles.table({"source": SOURCE, "roles": [ROLE, silent]}) == (
        "# somebody's list (2026-08-22), MIT\na.a\tNone\t?\t\na.b\tA b\tw\tkeys,act_as\n"
    )


def test_every_role_of_the_list_can_be_read() -> None:
    names = [line.partition("\t")[0] for line in google_roles.TARGET.read_text().splitlines()[1:]]

    assert len(names) > 2000
    assert [name for name in names if google_role(f"roles/{name}") is None] == []
