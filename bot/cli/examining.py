"""`countersign doctor` itself: every part, one after the other, and the verdict."""

import logging
import os
import sys
from datetime import UTC, datetime

import click

from bot.cli.lines import say


def examine(*, as_json: bool, within: float) -> None:
    """Exit code 0 where nothing is wrong, 1 where something is, or cannot be looked at."""
    from approvals.ports.examining import Diagnosis  # noqa: PLC0415
    from bot import __version__  # noqa: PLC0415 - every other command starts without all of this
    from bot.channels import CHANNELS  # noqa: PLC0415
    from bot.doctor import printed  # noqa: PLC0415
    from bot.doctor.examination import examined  # noqa: PLC0415
    from bot.doctor.parts import Installation  # noqa: PLC0415
    from bot.redaction import Redaction  # noqa: PLC0415
    from handlers.settings import Secret  # noqa: PLC0415

    # What libraries log about a failure is in what is found; a line of theirs would stand between ours.
    logging.getLogger().addHandler(logging.NullHandler())
    installation = Installation(os.environ, clock=lambda: datetime.now(UTC))
    secrets = [each for each in installation.read.values.values() if isinstance(each, Secret)]
    redaction = Redaction(secrets, hidden=[pattern for channel in CHANNELS for pattern in channel.hidden])
    diagnoses: list[Diagnosis] = []
    with installation.closed_afterwards():
        for part in examined(installation.parts(), within=within):
            diagnoses += part
            for line in () if as_json else printed.lines(part, redaction):
                say(line)
    if as_json:
        click.echo(printed.as_json(diagnoses, redaction, version=__version__, at=datetime.now(UTC)))
    else:
        say("")
        say(printed.summary(diagnoses))
    sys.exit(1 if printed.worst(diagnoses) in ("wrong", "unknown") else 0)
