"""A generated file is right or refused: the generators say what they cannot do."""

import pytest

from tools import notices, sbom, settings_table
from tools.settings_table import BEGIN, END


@pytest.mark.parametrize("page", ["", f"{BEGIN}\n", f"{END}\n", f"{END}\n{BEGIN}\n"])
def test_a_page_without_both_markers_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="lacks"):
        settings_table.with_table(page)


def test_a_stale_table_is_replaced_and_the_rest_is_kept() -> None:
    page = settings_table.with_table(f"# Before\n{BEGIN}\nstale\n{END}\nafter\n")

    assert page.startswith(f"# Before\n{BEGIN}\n| Variable |")
    assert page.endswith(f"|\n{END}\nafter\n")
    assert "stale" not in page


def test_a_fresh_table_is_left_alone() -> None:
    page = settings_table.with_table(f"{BEGIN}\n{END}")

    assert settings_table.with_table(page) == page


def test_a_cell_cannot_break_the_table() -> None:
    assert all(line.count("|") == 4 for line in settings_table.table().splitlines())


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


def test_pins_are_read_past_hashes_markers_and_comments() -> None:
    lock = "# a==1\na-b==1.2.3 \\\n    --hash=sha256:00\n    # via c==9\nc==4 ; python_version < '3.12' \\\n"

    assert notices.pins(lock) == {"a-b": "1.2.3", "c": "4"}


def test_the_page_s_packages_are_followed_to_the_end() -> None:
    names = {line.partition(" ")[0] for line in notices.page_lines()}

    assert {"react", "react-dom", "scheduler", "slack-blocks-to-jsx", "react-markdown", "micromark"} <= names
    assert not {"esbuild", "typescript"} & names


def test_a_base_without_its_digest_is_refused() -> None:
    with pytest.raises(ValueError, match="no digest"):
        sbom.base("FROM python:3.11-slim\n")


def test_the_same_lock_makes_the_same_bill_of_materials() -> None:
    assert sbom.document() == sbom.document() == sbom.SBOM.read_text()
