"""`countersign policy show`: the policy in force, and how the file stands to it."""

from pathlib import Path

import click

from bot.cli.ends import refused
from bot.cli.files import counted
from bot.cli.lines import say


@click.command()
def show() -> None:
    """Print the policy in force, with its digest and where it is from. Exit code 1 where there is none yet."""
    from approvals.errors import CountersignError  # noqa: PLC0415
    from bot.cli.opened import opened, settings  # noqa: PLC0415

    read = settings()
    with opened(read) as store:
        try:
            stored = store.last_good()
        except CountersignError as error:
            refused(error)
    if stored is None:
        refused(click.ClickException("no policy was in force yet"))
    say(f"# in force: {stored.digest}")
    say(f"# read from {stored.source} on {stored.loaded_at:%Y-%m-%d %H:%M} UTC")
    say(f"# {_beside(read.policy, stored.digest)}")
    for line in stored.text.splitlines():
        say(line)


def _beside(file: Path, digest: str) -> str:
    """How the file that the settings name stands to the policy in force."""
    from approvals.policy.load import load  # noqa: PLC0415
    from approvals.policy.reading.document import PolicyError  # noqa: PLC0415
    from approvals.policy.reading.parse import digest_of  # noqa: PLC0415
    from bot.policy_file import contents  # noqa: PLC0415

    try:
        raw = contents(file)
        if digest_of(raw) == digest:
            return f"{file} is this one"
        load(raw, source=str(file))
    except OSError as error:
        return f"{file} cannot be read: {error.strerror}"
    except PolicyError as error:
        found = counted(errors=len(error.problems), warnings=0)
        return f"{file} is another one, and is refused: {found}; `countersign policy lint` says what"
    return f"{file} is another one: a running service that reads it takes it within seconds"
