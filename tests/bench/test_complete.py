"""The service of everything has everything: a part that it lacks would cost the bench nothing."""

from pathlib import Path

import pytest

from bench.complete import Complete
from bot.channels import CHANNELS
from bot.compose import Service
from bot.settings import Settings, read

_FOR_ONE = {
    # Google's own store and keys are others in the place of the files.
    "firestore_emulator_host": None,
    "on_cloud_run": False,
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read(dict(Complete(tmp_path / "complete").environ(outside=9)))


def test_every_channel_is_set_up(settings: Settings) -> None:
    assert list(settings.channels) == [channel.name for channel in CHANNELS]


def test_nothing_is_left_out_of_the_settings(settings: Settings) -> None:
    left_out = {name: value for name in settings.__struct_fields__ if not (value := getattr(settings, name))}
    assert left_out == _FOR_ONE
    assert settings.collector.traces
    assert settings.collector.metrics
    assert settings.routes == "all"


def test_its_policy_has_what_of_the_house_begins_in_it(settings: Settings) -> None:
    service = Service(settings)
    try:
        policy = service.policy.current()
        assert policy.source is not None
        assert policy.signals
        assert set(policy.applications) == {"payments", "assistant"}
        assert any(each.webhook for each in policy.applications.values())
        ways = [served.way for served in service.served if served.way]
        assert len(ways) == 3, ways
    finally:
        service.close()
