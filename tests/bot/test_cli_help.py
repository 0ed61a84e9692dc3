"""The lists of commands that `--help` prints: who uses what, and in whole words what each does."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from bot.cli import SECTIONS, main, places
from tests.bot.commands import ROOT, run


def below(command: click.Command) -> dict[str, click.Command]:
    """The commands of a group by what one types."""
    if not isinstance(command, click.Group):
        return {}
    context = click.Context(command)
    found = {name: command.get_command(context, name) for name in command.list_commands(context)}
    return {name: each for name, each in found.items() if each}


def every(command: click.Command) -> Iterator[click.Command]:
    yield command
    for each in below(command).values():
        yield from every(each)


GROUPS = [(), *((name,) for name, command in below(main).items() if isinstance(command, click.Group))]


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group[0] if group else "countersign")
def test_no_line_of_a_list_is_cut_off(group: tuple[str, ...]) -> None:
    listed = run(*group, "--help", env={"COLUMNS": "80"}).stdout.partition("Show this message and exit.\n")[2]

    assert listed
    assert [line for line in listed.splitlines() if line.endswith("...")] == []


def test_every_command_stands_once_below_who_uses_it() -> None:
    listed = run("--help", env={"COLUMNS": "80"}).stdout
    people, agents, operators, things = (listed.index(f"{title}:\n") for title in SECTIONS)

    def found(name: str) -> int:
        lines = [line for line in listed.splitlines(keepends=True) if line.startswith(f"  {name} ")]
        assert len(lines) == 1, name
        return listed.index(lines[0])

    assert all(people < found(name) < agents for name in places.PEOPLE)
    assert all(agents < found(name) < operators for name in places.AGENTS)
    assert all(operators < found(name) < things for name in ("serve", "freeze", "doctor", "manifest"))
    assert all(things < found(name) for name in ("key", "store", "policy", "audit", "receipt"))
    assert all(found(name) for name in below(main))


def test_each_command_is_called_what_one_types() -> None:
    assert len(below(main)) > sum(map(len, SECTIONS.values())), "those of the channels too"
    assert {name: each.name for name, each in below(main).items()} == {name: name for name in below(main)}


def test_a_command_loads_no_other() -> None:
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, bot.cli as cli; cli.main.get_command(None, 'serve'); print(*sys.modules)",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert "bot.cli.serve" in loaded
    assert [
        name
        for name in loaded
        if name.startswith(("bot.cli.client", "bot.cli.policy", "approvals.policy.explain"))
    ] == []


def test_a_reason_is_given_by_one_option_in_every_command() -> None:
    named = {
        tuple(option.opts)
        for command in every(main)
        for option in command.params
        if option.name == "why" or set(option.opts) & {"--why", "--reason", "--because"}
    }

    assert named == {("--because",)}
