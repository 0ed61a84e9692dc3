import pytest

from approvals.targets import ApprovalOnly, GroupMember, IamRoles, Target
from handlers.wording.targets import on_places, resource_in_words


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        ("projects/shop-prod", "project shop-prod"),
        ("folders/42", "folder 42"),
        ("organizations/7", "organization 7"),
    ],
)
def test_resources_in_words(resource: str, words: str) -> None:
    assert resource_in_words(resource) == words


IN_SHOP = IamRoles(resource="projects/shop-prod", roles=("roles/run.viewer",))


@pytest.mark.parametrize(
    ("title", "target", "words"),
    [
        ("Cloud Run Viewer", IN_SHOP, " on project shop-prod"),
        ("Cloud Run Viewer on shop-prod", IN_SHOP, ""),
        ("Cloud Run Viewer on shop-prod, with a condition", IN_SHOP, ""),
        ("Cloud Run Viewer on shop-prod-2", IN_SHOP, " on project shop-prod"),
        ("Administrators", GroupMember(group="ops@example.com"), " in group ops@example.com"),
        ("A deployment on a Friday", ApprovalOnly(), ""),
    ],
)
def test_a_title_that_names_its_place_is_not_followed_by_it(title: str, target: Target, words: str) -> None:
    assert on_places(title, (target,)) == words
