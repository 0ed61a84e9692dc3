"""X13: JIT Groups changes for all what one group lets people see. Here no group is made, nor a setting of one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHANGES = {"create", "delete", "patch", "update", "updateSecuritySettings"}
"""Methods of Cloud Identity's `groups`, and of the Groups Settings API, that change a group itself."""
SETTINGS = {"groupssettings", "admin.directory.group"}


def changing(source: str) -> Iterator[str]:
    """What of a program makes a group, removes one, or changes one; not who is in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and node.value in SETTINGS:
            yield f"{node.lineno}: {node.value}"
        if not isinstance(node, ast.Attribute) or node.attr not in CHANGES or not isinstance(node.value, ast.Call):
            continue
        of = node.value.func
        if isinstance(of, ast.Attribute) and of.attr == "groups":
            yield f"{node.lineno}: groups.{node.attr}"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("api.groups().patch(name=name, body=body)", ["1: groups.patch"]),
        ("lambda api: api.groups().create(body=body)", ["1: groups.create"]),
        ('Rest("groupssettings", "v1")', ["1: groupssettings"]),
        ("api.groups().memberships().create(parent=group, body=body)", []),
        ("api.groups().lookup(groupKey_id=address)", []),
    ],
)
def test_x13_what_changes_a_group_itself_is_found(source: str, found: list[str]) -> None:
    assert [*changing(source)] == found


@pytest.mark.parametrize("package", ["approvals", "bot", "countersign_client", "handlers"])
def test_x13_no_group_is_made_and_no_setting_of_one_is_changed(package: str) -> None:
    found = [f"{file}:{each}" for file in (ROOT / package).rglob("*.py") for each in changing(file.read_text())]

    assert found == []
