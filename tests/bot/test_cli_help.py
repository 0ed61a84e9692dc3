"""The lists of commands that `--help` prints: each says in whole words what a command does."""

import click
import pytest

from bot.cli import main
from tests.bot.commands import run

GROUPS = [(), *((name,) for name, command in main.commands.items() if isinstance(command, click.Group))]


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group[0] if group else "countersign")
def test_no_line_of_a_list_is_cut_off(group: tuple[str, ...]) -> None:
    listed = run(*group, "--help", env={"COLUMNS": "80"}).stdout.partition("Commands:\n")[2]

    assert listed
    assert [line for line in listed.splitlines() if line.endswith("...")] == []
