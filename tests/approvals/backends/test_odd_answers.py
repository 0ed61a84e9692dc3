"""What Google's answers are not documented to be is no answer: nobody is in or out of anything by it."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import cache, partial
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from approvals.access.bindings import TITLE, expires, member
from approvals.backends.audit_logs import GoogleAuditLogs
from approvals.backends.catalogs.asset_inventory import AssetInventory
from approvals.backends.directories.cloud_identity import CloudIdentity
from approvals.backends.directories.workspace_users import WorkspaceUsers
from approvals.backends.google_look import GoogleLook
from approvals.backends.granters.google_groups import GoogleGroups
from approvals.backends.granters.google_iam import GoogleIam
from approvals.backends.granters.group_errors import failed, meaning
from approvals.deeds import Stay
from approvals.ports.targets import Binding, Impossible, Unsure
from approvals.refusals.errors import CountersignError
from approvals.targets import GROUPS, MEMBER
from tests.support.builders import NOW
from tests.support.servers import serve

GROUP, ALICE, PROJECT, ORGANIZATION = "sre@example.com", "alice@example.com", "projects/shop", "organizations/456"
IN_TIME = 5.0


def _of(kind: Any, url: str) -> Any:
    return kind(base_url=url)


# How Google's APIs are called is read once for all of them.
groups, directory, assets, look, iam, users = (
    cache(partial(_of, kind))
    for kind in (GoogleGroups, CloudIdentity, AssetInventory, GoogleLook, GoogleIam, WorkspaceUsers)
)

Reader = Callable[[str], object]
LIKE_A_GROUP: dict[str, Reader] = {
    "who is let in": lambda url: groups(url).read(f"{GROUPS}{GROUP}", timeout=IN_TIME, reason="r-1"),
    "a membership": lambda url: groups(url).standing(GROUP, ALICE, timeout=IN_TIME),
    "a question": lambda url: directory(url).is_member(GROUP, ALICE, timeout=IN_TIME),
    "members": lambda url: directory(url).members(GROUP, most=200, timeout=IN_TIME),
    "joining": lambda url: directory(url).unjoinable(GROUP, timeout=IN_TIME),
}
STAY = Stay(resource=PROJECT, roles=("roles/run.admin",), start=NOW, end=NOW + timedelta(hours=1))
ALL: Mapping[str, Reader] = LIKE_A_GROUP | {
    "a policy": lambda url: iam(url).read(PROJECT, timeout=IN_TIME, reason="r-1"),
    "a user": lambda url: users(url).left_at(ALICE, timeout=IN_TIME),
    "what IAM offers": lambda url: assets(url).effective(ORGANIZATION, PROJECT, timeout=IN_TIME),
    "a scope": lambda url: assets(url).listing(ORGANIZATION, query="a", timeout=IN_TIME),
    "what stands": lambda url: list(assets(url).standing(ORGANIZATION, timeout=IN_TIME)),
    "what lies below": lambda url: assets(url).below("folders/1", most=9, timeout=IN_TIME),
    "rights": lambda url: look(url).held(PROJECT, ["a.b.get"], timeout=IN_TIME),
    "a role": lambda url: look(url).included("roles/run.admin", timeout=IN_TIME),
    "roles": lambda url: look(url).grantable(PROJECT, timeout=IN_TIME),
    "logs": lambda url: GoogleAuditLogs(base_url=url, spacing=0.0).of(ALICE, STAY, timeout=IN_TIME),
}


class Says:
    """Answers every call alike, as it was told last; or each as it was told for the end of its path."""

    def __init__(self) -> None:
        self.body: Any = {}
        self.to: dict[str, Any] = {}

    async def answer(self, request: Request) -> Response:
        end = next((each for each in self.to if request.url.path.endswith(each)), "")
        return Response(json.dumps(self.to[end] if end else self.body), media_type="application/json")


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Says, str]]:
    says = Says()
    with serve(Starlette(routes=[Route("/{path:path}", says.answer, methods=["GET", "POST", "DELETE"])])) as url:
        yield says, url


@pytest.fixture
def told(server: tuple[Says, str]) -> tuple[Says, str]:
    server[0].body, server[0].to = {}, {}
    return server


FORBIDDEN = {"code": 403, "message": "Permission denied", "status": "PERMISSION_DENIED"}


@pytest.mark.parametrize("error", [FORBIDDEN, "no", ["no"], {}], ids=["documented", "text", "list", "empty"])
@pytest.mark.parametrize("reader", ALL)
def test_an_error_that_says_that_it_is_none_is_not_read_as_nothing(
    told: tuple[Says, str], reader: str, error: Any
) -> None:
    told[0].body = {"error": error}
    with pytest.raises(CountersignError):
        ALL[reader](told[1])


@pytest.mark.parametrize("name", ["missing", None, 5, "", "groups/", "groups/a/b", "projects/x"])
@pytest.mark.parametrize("reader", LIKE_A_GROUP)
def test_a_group_without_a_name_of_googles_is_not_known(told: tuple[Says, str], reader: str, name: Any) -> None:
    told[0].body = {} if name == "missing" else {"name": name}
    with pytest.raises(CountersignError):
        LIKE_A_GROUP[reader](told[1])


def test_a_membership_of_another_group_is_none_of_this_one(told: tuple[Says, str]) -> None:
    other = {"name": "groups/y/memberships/1", "preferredMemberKey": {"id": ALICE}}
    told[0].to = {"groups:lookup": {"name": "groups/x"}, "/memberships": {"memberships": [other]}}
    with pytest.raises(Impossible, match="another group"):
        LIKE_A_GROUP["who is let in"](told[1])
    told[0].to = {"groups:lookup": {"name": "groups/x"}, "memberships:lookup": other, "/memberships/1": other}
    with pytest.raises(Impossible, match="another group"):
        LIKE_A_GROUP["a membership"](told[1])


def test_a_membership_that_was_not_asked_for_is_not_taken_for_it(told: tuple[Says, str]) -> None:
    told[0].to = {
        "groups:lookup": {"name": "groups/x"},
        "memberships:lookup": {"name": "groups/x/memberships/1"},
        "/memberships/1": {"name": "groups/x/memberships/2", "preferredMemberKey": {"id": ALICE}},
    }
    with pytest.raises(Impossible, match="in the place of"):
        LIKE_A_GROUP["a membership"](told[1])


@pytest.mark.parametrize("name", [None, "groups/x", "groups/x/memberships/", "groups/x/memberships/1/2"])
def test_a_membership_without_a_name_of_googles_is_not_known(told: tuple[Says, str], name: Any) -> None:
    told[0].to = {"groups:lookup": {"name": "groups/x"}, "memberships:lookup": {"name": name}}
    with pytest.raises(Impossible):
        LIKE_A_GROUP["a membership"](told[1])


@pytest.mark.parametrize(
    "members", ["abc", {"a": 1}, [None], ["a"], [{"preferredMemberKey": 5}], [{"preferredMemberKey": [None]}]]
)
@pytest.mark.parametrize("reader", ["who is let in", "members"])
def test_members_of_another_shape_are_not_known(told: tuple[Says, str], reader: str, members: Any) -> None:
    told[0].body = {"name": "groups/x", "memberships": members}
    with pytest.raises(CountersignError):
        LIKE_A_GROUP[reader](told[1])


@pytest.mark.parametrize("said", ["true", "no", 1, 0, None, [True]])
def test_a_question_that_is_answered_with_neither_yes_nor_no_is_not_answered(
    told: tuple[Says, str], said: Any
) -> None:
    told[0].body = {"name": "groups/x", "hasMembership": said}
    with pytest.raises(CountersignError):
        LIKE_A_GROUP["a question"](told[1])


@pytest.mark.parametrize(
    ("reader", "body"),
    [
        ("rights", {"permissions": 5}),
        ("a role", {"includedPermissions": None}),
        ("roles", {"roles": None}),
        ("roles", {"roles": [{}]}),
        ("joining", {"name": "groups/x", "labels": 5}),
    ],
)
def test_a_list_that_is_none_is_not_known(told: tuple[Says, str], reader: str, body: Any) -> None:
    told[0].body = body
    with pytest.raises(CountersignError, match="shape"):
        ALL[reader](told[1])


@pytest.mark.parametrize("page", ["memberships", "results", "roles"])
def test_pages_that_never_end_are_left_when_the_time_is_over(told: tuple[Says, str], page: str) -> None:
    told[0].body = {"name": "groups/x", page: [], "nextPageToken": "again"}
    reader: Reader = {
        "memberships": lambda url: groups(url).read(f"{GROUPS}{GROUP}", timeout=0.5, reason="r-1"),
        "results": lambda url: list(assets(url).standing(ORGANIZATION, timeout=0.5)),
        "roles": lambda url: look(url).grantable(PROJECT, timeout=0.5),
    }[page]
    with pytest.raises(CountersignError):
        reader(told[1])


@pytest.mark.parametrize("failure", ["no", ["no"], {}, {"code": "x"}, {"code": [3]}])
def test_an_operation_that_failed_in_no_documented_words_may_have_been_done(failure: Any) -> None:
    assert isinstance(meaning(failed(failure), GROUP), Unsure)


def test_an_operation_that_google_takes_for_invalid_is_not_tried_again(told: tuple[Says, str]) -> None:
    """google.rpc.Code.INVALID_ARGUMENT."""
    told[0].to = {"groups:lookup": {"name": "groups/x"}}
    snapshot = groups(told[1]).read(f"{GROUPS}{GROUP}", timeout=IN_TIME, reason="r-1")
    told[0].to["memberships"] = {"done": True, "error": {"code": 3, "message": "Invalid"}}
    new = Binding(role=MEMBER, member=member(ALICE), title=TITLE, description="", expression=expires(NOW))
    with pytest.raises(Impossible):
        groups(told[1]).write(snapshot, remove=(), add=[new], timeout=IN_TIME, reason="r-1")
