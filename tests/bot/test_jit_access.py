"""No variable of JIT Access or JIT Groups is ignored: it is a setting here, or a start names it."""

import re
from pathlib import Path

import pytest

from bot.jit_access import REFUSED, TABLE, Kept, Moved
from bot.settings import SettingsError, read, read_local
from bot.variables import VARIABLES
from tools import jit_access_table

OF_VERSION_1 = {
    "RESOURCE_SCOPE", "RESOURCE_CATALOG", "RESOURCE_CUSTOMER_ID", "ACTIVATION_TIMEOUT", "ELEVATION_DURATION",
    "ACTIVATION_REQUEST_TIMEOUT", "JUSTIFICATION_PATTERN", "JUSTIFICATION_HINT",
    "ACTIVATION_REQUEST_MIN_REVIEWERS", "ACTIVATION_REQUEST_MAX_REVIEWERS", "ACTIVATION_REQUEST_MAX_ROLES",
    "AVAILABLE_PROJECTS_QUERY", "IAP_BACKEND_SERVICE_ID", "IAP_VERIFY_AUDIENCE", "NOTIFICATION_TIMEZONE",
    "NOTIFICATION_TOPIC", "SMTP_HOST", "SMTP_PORT", "SMTP_ENABLE_STARTTLS", "SMTP_SENDER_NAME",
    "SMTP_SENDER_ADDRESS", "SMTP_USERNAME", "SMTP_PASSWORD", "SMTP_SECRET", "SMTP_OPTIONS",
    "SMTP_ADDRESS_MAPPING", "BACKEND_CONNECT_TIMEOUT", "BACKEND_READ_TIMEOUT", "BACKEND_WRITE_TIMEOUT", "PORT",
}  # fmt: skip
ADDED_BY_VERSION_2 = {
    "CUSTOMER_ID", "PRIMARY_DOMAIN", "ORGANIZATION_ID", "GROUPS_DOMAIN", "ENVIRONMENTS", "APPROVAL_TIMEOUT",
    "RESOURCE_CACHE_TIMEOUT",
}  # fmt: skip
"""What both projects document under "Configuration options"."""

README = Path(__file__).parents[2] / "README.md"
SLACK = {"SLACK_BOT_TOKEN": "xoxb-1-2-abc", "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef"}


@pytest.mark.parametrize("name", sorted(OF_VERSION_1 | ADDED_BY_VERSION_2))
def test_each_variable_of_theirs_is_a_setting_or_stops_the_start_by_name(name: str) -> None:
    if name in {variable.name for variable in VARIABLES}:
        assert name not in REFUSED
        return
    for reading in (read, read_local):
        with pytest.raises(SettingsError) as refused:
            reading(SLACK | {name: "anything"})
        assert f"{name}: {REFUSED[name]}." in refused.value.problems


def test_the_table_says_each_of_them_once_and_as_it_is() -> None:
    names = [each.name for each in TABLE]
    settings = {variable.name for variable in VARIABLES}

    assert sorted(names) == sorted(OF_VERSION_1 | ADDED_BY_VERSION_2)
    assert {each.name for each in TABLE if isinstance(each, Kept)} == settings & set(names)


def test_the_readme_names_those_that_are_settings_here_as_well_and_no_other() -> None:
    (said,) = re.findall(r"Of JIT Access's variables (.*?) are settings here", README.read_text())
    named = [name.replace("*", ".*") for name in re.findall(r"`([A-Z_*]+)`", said)]

    kept = {each.name for each in TABLE if isinstance(each, Kept)}
    assert {each.name for each in TABLE if any(re.fullmatch(one, each.name) for one in named)} == kept


@pytest.mark.parametrize("each", [each for each in TABLE if isinstance(each, Moved)], ids=lambda each: each.name)
def test_a_refusal_and_its_row_say_the_same(each: Moved) -> None:
    assert each.refusal.endswith("nset it")
    assert each.instead.removesuffix(" instead") in jit_access_table.row(each)
    assert each.why.endswith(".")


def test_the_policy_analyzer_is_refused_with_its_quota_said() -> None:
    row = next(row for row in jit_access_table.table().splitlines() if "RESOURCE_CATALOG" in row)
    assert "20 times a day" in row

    with pytest.raises(SettingsError) as refused:
        read(SLACK | {"RESOURCE_CATALOG": "PolicyAnalyzer"})
    said = "what IAM offers is asked of Asset Inventory alone, by `sources.jit_access` of the policy file"
    assert f"RESOURCE_CATALOG: {said}. Unset it." in refused.value.problems
