import pytest

from handlers.wording.roles import risk_in_words, role_line
from handlers.wording.text.lines import plain


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("roles/compute.instanceAdmin.v1", "Compute Instance Admin (v1) roles/compute.instanceAdmin.v1"),
        ("roles/logging.viewer", "Logs Viewer roles/logging.viewer"),
        # No name is made up for what nobody here knows.
        ("roles/compute.brandNewThing", "roles/compute.brandNewThing (not known here)"),
        ("projects/shop/roles/dbReader", "Custom role projects/shop/roles/dbReader"),
        ("organizations/123/roles/net_admin", "Custom role organizations/123/roles/net_admin"),
    ],
)
def test_a_role_is_called_as_google_calls_it_and_otherwise_by_its_id_alone(role: str, words: str) -> None:
    assert plain(role_line(role)) == words


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        (["roles/logging.viewer"], "changes no resources"),
        (["roles/compute.viewer"], "for viewing, and may do more than read"),
        (["roles/logging.viewer", "roles/run.developer"], "can change resources"),
        (["roles/run.developer", "roles/iam.serviceAccountUser"], "can outlast its window"),
        (["projects/shop/roles/dbReader"], "what it can do is not known here"),
    ],
)
def test_what_roles_can_do_is_said_by_the_worst_of_them(roles: list[str], words: str) -> None:
    assert risk_in_words(roles) == words
