"""An export is read in each form that Google prints it in, and one bad entry of it hides no other."""

import json
from typing import Any

import pytest

from bot.migrating.exports import ExportError, read

JIT = {"title": "eligible", "expression": "has({}.jitAccessConstraint)"}
OURS = "//cloudresourcemanager.googleapis.com/"


def binding(role: object = "roles/compute.admin", **more: Any) -> dict[str, Any]:
    return {"role": role, "members": ["user:alice@example.com"], "condition": JIT} | more


def searched(resource: str, *bindings: object, **more: Any) -> dict[str, Any]:
    return {"resource": f"{OURS}{resource}", "policy": {"bindings": list(bindings)}} | more


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no policy"),
        ("[]", "no policy"),
        ("{}", "no resource"),
        ("7", "no policy"),
        ("not json", "line 1 is no JSON"),
        ('{"a": 1}\n{"b": ', "line 2 is no JSON"),
        ('[{"resource": "a", "resource": "b"}]', "a key twice"),
        ("[" * 100_000, "nested too deeply"),
        ('{"bindings": [], "etag": "x"}', "does not say which"),
        (b"\xff\xfe\x00", "no JSON"),
    ],
)
def test_a_file_that_is_no_export_is_refused_with_how_to_make_one(text: str | bytes, said: str) -> None:
    raw = text.encode() if isinstance(text, str) else text
    try:
        texts = [each.text for each in read(raw).left_out]
    except ExportError as error:
        texts = [str(error)]

    assert len(texts) == 1
    assert said in texts[0]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (7, "no object"),
        ({"name": "x"}, "no resource or no policy"),
        ({"resource": 7, "policy": {}}, "no resource or no policy"),
        ({"resource": "x", "policy": []}, "no list of bindings"),
        ({"resource": "x", "policy": {"bindings": {}}}, "no list of bindings"),
        (searched("projects/a", 7), "no binding"),
        (searched("projects/a", binding(role=7)), "no texts"),
        (searched("projects/a", binding(members="user:a@x")), "no texts"),
        (searched("projects/a", binding(members=[7])), "no texts"),
        (searched("projects/a", binding(condition={"expression": 7})), "no texts"),
        (searched("projects/a", binding(condition="true")), "no texts"),
        ({"fullResourceName": "x", "policies": 7}, "no list of policies"),
        ({"fullResourceName": "x", "policies": [{"policy": {}}]}, "where it is attached"),
    ],
)
def test_a_bad_entry_is_named_by_its_place_and_the_others_are_read(entry: object, said: str) -> None:
    found = read(json.dumps([entry, searched("projects/shop-prod", binding())]).encode())

    assert [each.place.startswith("[0]") and said in each.text for each in found.left_out] == [True]
    assert [each.role for policy in found.policies for each in policy.bindings] == ["roles/compute.admin"]


def test_a_search_says_what_is_above_a_project() -> None:
    above: dict[str, Any] = {
        "project": "projects/1",
        "folders": ["folders/2", "folders/3"],
        "organization": "organizations/9",
    }
    found = read(json.dumps([searched("projects/shop-prod", binding(), **above)]).encode())

    assert found.projects == {"projects/shop-prod": ("folders/2", "folders/3", "organizations/9")}
    assert found.policies[0].bindings[0].place == "[0].policy.bindings[0]"
    assert found.policies[0].bindings[0].condition == JIT["expression"]


@pytest.mark.parametrize("key", ["iamPolicy", "iam_policy"])
def test_assets_are_read_as_a_list_and_line_by_line(key: str) -> None:
    asset = {
        "name": f"{OURS}projects/shop-prod",
        "ancestors": ["projects/1", "folders/2"],
        key: {"bindings": [binding()]},
    }
    one, lines = read(json.dumps([asset]).encode()), read(f"{json.dumps(asset)}\n\n{json.dumps(asset)}\n".encode())

    assert one.projects == lines.projects == {"projects/shop-prod": ("folders/2",)}
    assert lines.policies[0].bindings[0].place == f"line 1.{key}.bindings[0]"


def test_effective_policies_say_what_is_inherited_and_once() -> None:
    folder = {"attachedResource": f"{OURS}folders/2", "policy": {"bindings": [binding("roles/run.admin")]}}
    results = [
        {
            "fullResourceName": f"{OURS}projects/{name}",
            "policies": [
                {"attachedResource": f"{OURS}projects/{name}", "policy": {"bindings": [binding()]}},
                folder,
            ],
        }
        for name in ("shop-prod", "shop-data")
    ]
    found = read(json.dumps({"policyResults": results}).encode())

    assert found.projects == {"projects/shop-prod": ("folders/2",), "projects/shop-data": ("folders/2",)}
    assert {each.resource: len(each.bindings) for each in found.policies} == {
        "projects/shop-prod": 1,
        "folders/2": 1,
        "projects/shop-data": 1,
    }


def test_a_binding_without_a_condition_has_none() -> None:
    found = read(json.dumps([searched("projects/shop-prod", binding(condition=None))]).encode())

    assert found.policies[0].bindings[0].condition == ""
