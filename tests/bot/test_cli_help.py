"""The lists of commands that `--help` prints: who uses what, and in whole words what each does."""

from collections.abc import Iterator

import click
import pytest

from bot.cli import SECTIONS, main
from bot.cli.client import COMMANDS
from tests.bot.commands import run

GROUPS = [(), *((name,) for name, command in main.commands.items() if isinstance(command, click.Group))]


def every(command: click.Command) -> Iterator[click.Command]:
    yield command
    for each in command.commands.values() if isinstance(command, click.Group) else ():
        yield from every(each)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group[0] if group else "countersign")
def test_no_line_of_a_list_is_cut_off(group: tuple[str, ...]) -> None:
    listed = run(*group, "--help", env={"COLUMNS": "80"}).stdout.partition("Show this message and exit.\n")[2]

    assert listed
    assert [line for line in listed.splitlines() if line.endswith("...")] == []


def test_every_command_stands_once_below_who_uses_it() -> None:
    listed = run("--help", env={"COLUMNS": "80"}).stdout
    people, operators, things = (listed.index(f"{title}:\n") for title in SECTIONS)

    def found(name: str) -> int:
        lines = [line for line in listed.splitlines(keepends=True) if line.startswith(f"  {name} ")]
        assert len(lines) == 1, name
        return listed.index(lines[0])

    assert all(people < found(each.name or "") < operators for each in COMMANDS)
    assert all(operators < found(name) < things for name in ("serve", "freeze", "doctor", "manifest"))
    assert all(things < found(name) for name in ("key", "store", "policy", "audit", "receipt"))
    assert sum(map(len, SECTIONS.values())) == len(main.commands)


def test_a_reason_is_given_by_one_option_in_every_command() -> None:
    named = {
        tuple(option.opts)
        for command in every(main)
        for option in command.params
        if option.name == "why" or set(option.opts) & {"--why", "--reason", "--because"}
    }

    assert named == {("--because",)}
