"""Signals as a channel: everything that the program needs to know of them. The policy alone says whose."""

from typing import Any

import msgspec

from handlers.channel import Channel, Equipment, Opened, Values


class SignalSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing is set: whose signals are heard stands in the policy."""


def _read(_: Values) -> SignalSettings:
    return SignalSettings()


def _open(_: SignalSettings, equipment: Equipment) -> Opened:
    from handlers.signals.opened import Signals  # noqa: PLC0415 - no command hears signals

    return Signals(equipment)


SIGNALS: Channel[Any] = Channel(
    name="signals",
    variables=(),
    weak=lambda _: (),
    missing=lambda _, __: (),
    read=_read,
    open=_open,
)
