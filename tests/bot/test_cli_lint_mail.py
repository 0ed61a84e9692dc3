"""`countersign policy lint` beside the settings of mail: approvers whom no mail can reach are refused."""

from pathlib import Path

import pytest

from tests.bot.commands import run
from tests.support.running import POLICY

MAPPING = "user.email.extract('{handle}@example.com') + '@mail.example.com'"
LOST = "user.email.startsWith('carol') ? '' : user.email"


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    return file


def test_an_approver_of_whom_no_address_is_made_is_refused_where_the_stage_stands(policy: Path) -> None:
    done = run("policy", "lint", policy, env={"SMTP_ADDRESS_MAPPING": LOST})

    assert done.exit_code == 1
    lines = [line for line in done.output.splitlines() if "unreachable-person" in line]
    assert lines
    assert all("SMTP_ADDRESS_MAPPING makes no mail address of carol@example.com" in line for line in lines)


@pytest.mark.parametrize("expression", ["", MAPPING, "user.email.extract("])
def test_where_everybody_has_an_address_or_the_expression_itself_is_wrong_lint_says_nothing(
    policy: Path, expression: str
) -> None:
    done = run("policy", "lint", policy, env={"SMTP_ADDRESS_MAPPING": expression})

    assert done.exit_code == 0
    assert "unreachable-person" not in done.output
