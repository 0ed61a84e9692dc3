"""`countersign policy show` and `accept`: the policy in force, what is held, and how the file stands to it."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.because import because
from bot.cli.ends import refused
from bot.cli.files import counted, read_file
from bot.cli.lines import say
from bot.cli.operator import operator

if TYPE_CHECKING:
    from approvals.ports.store import Store, StoredPolicy


@click.command()
def show() -> None:
    """Print the policy in force, with its digest and where it is from. Exit code 1 where there is none yet."""
    from approvals.refusals.errors import CountersignError  # noqa: PLC0415
    from bot.cli.opened import opened, settings  # noqa: PLC0415

    read = settings()
    with opened(read) as store:
        try:
            stored = store.last_good()
            waiting = (*_forced(store, stored), *_waiting(store, stored))
        except CountersignError as error:
            refused(error)
    if stored is None:
        refused(click.ClickException("no policy was in force yet"))
    say(f"# in force: {stored.digest}")
    say(f"# read from {stored.source} on {stored.loaded_at:%Y-%m-%d %H:%M} UTC")
    say(f"# {_beside(read.policy, stored)}")
    for line in waiting:
        say(f"# {line}")
    for line in stored.text.splitlines():
        say(line)


def _forced(store: "Store", stored: "StoredPolicy | None") -> Iterator[str]:
    """That nobody accepted the policy in force, where an operator forced it."""
    from approvals.freezes.forcing import forced  # noqa: PLC0415

    if (found := forced(store, stored)) is not None:
        yield f"put in force by break-glass, accepted by nobody: by {found.by} ({found.why.text})"


def _waiting(store: "Store", stored: "StoredPolicy | None") -> Iterator[str]:
    """What is held because it is looser, since when, and who can accept it."""
    from approvals.policy.words import requirement_in_words  # noqa: PLC0415
    from approvals.times import rfc3339  # noqa: PLC0415
    from approvals.uses.changing import held, request_of  # noqa: PLC0415

    number, hold = held(store)
    if not hold.digest or (stored is not None and stored.digest == hold.digest):
        return
    since = f" since {rfc3339(hold.since)}" if hold.since is not None else ""
    yield f"a looser policy is held{since}: {hold.digest}, read from {hold.source}"
    request = request_of(store, number)
    if request is None:
        yield "nobody was asked yet to accept it; the log of the service says why"
        return
    who = ", ".join(requirement_in_words(request.terms.requirement))
    yield f"{request.id} asks {who} to accept it, and is {request.state}"


@click.command()
@click.option("--break-glass", is_flag=True, help="Put the file in force without those who would accept it.")
@because("The reason; the log and the security channel say it, the audit holds its digest.")
def accept(*, break_glass: bool, why: str) -> None:
    """Put a policy in force that waits for its approvers.

    It is the file that the settings name. A running service takes it within seconds, says so in its log, and
    tells the security channel who did it, why, and in what it is looser. Where its approvers can be reached, they
    accept it on the card, on its page or by `countersign approve`.
    """
    from approvals.refusals.errors import CountersignError  # noqa: PLC0415
    from approvals.reviews import says_something  # noqa: PLC0415
    from bot.cli.opened import opened, settings  # noqa: PLC0415

    if not break_glass:
        raise click.UsageError(
            "a policy that is held is accepted by its approvers, on the card that asks for it; where none of them"
            " can be reached: --break-glass --because TEXT"
        )
    if not says_something(why):
        raise click.UsageError("say why, with --because TEXT")
    read = settings()
    with opened(read) as store:
        try:
            _force(store, read.policy, why.strip())
        except CountersignError as error:
            refused(error)


def _force(store: "Store", file: Path, because: str) -> None:
    from approvals.freezes.forcing import force, is_held  # noqa: PLC0415
    from approvals.ids import new_salt  # noqa: PLC0415
    from approvals.policy.load import accepted, load  # noqa: PLC0415
    from approvals.ports.store import StoredPolicy  # noqa: PLC0415
    from approvals.reviews import typed  # noqa: PLC0415

    raw, now = read_file(file), datetime.now(UTC)
    policy, kept = load(raw, source=str(file)), store.last_good()
    if kept is None or kept.digest == policy.digest:
        refused(click.ClickException(f"{file} is not held: {'it is in force' if kept else 'no policy was yet'}"))
    before = accepted(kept.text, digest=kept.digest, source=kept.source).policy
    if not is_held(policy, before=before):
        taken = "nobody has to accept it, and a running service takes it within seconds"
        refused(click.ClickException(f"{file} is not held: {taken}"))
    stored = StoredPolicy(digest=policy.digest, text=raw.decode(), source=str(file), loaded_at=now)
    made = force(store, stored, policy, before=before, by=operator(), why=typed(because, salt=new_salt()))
    say(f"{file} is in force by break-glass, accepted by nobody: {made.digest} instead of {made.in_force}")
    told = " and ".join(made.rooms or made.people) or "nobody, for the policy names neither a channel nor a person"
    say(f"the audit says who did it, and a running service tells {told}", err=True)


def _beside(file: Path, stored: "StoredPolicy") -> str:
    """How the file that the settings name stands to the policy in force."""
    from approvals.freezes.forcing import is_held  # noqa: PLC0415
    from approvals.policy.load import accepted, load  # noqa: PLC0415
    from approvals.policy.reading.document import PolicyError  # noqa: PLC0415
    from approvals.policy.reading.parse import digest_of  # noqa: PLC0415
    from bot.policy_file import contents  # noqa: PLC0415

    try:
        raw = contents(file)
        if digest_of(raw) == stored.digest:
            return f"{file} is this one"
        policy = load(raw, source=str(file))
    except OSError as error:
        return f"{file} cannot be read: {error.strerror}"
    except PolicyError as error:
        found = counted(errors=len(error.problems), warnings=0)
        return f"{file} is another one, and is refused: {found}; `countersign policy lint` says what"
    with suppress(PolicyError):  # what cannot be compared is taken
        if is_held(policy, before=accepted(stored.text, digest=stored.digest, source=stored.source).policy):
            return (
                f"{file} is another one, and looser: a running service that reads it holds it until it is accepted"
            )
    return f"{file} is another one: a running service that reads it takes it within seconds"
