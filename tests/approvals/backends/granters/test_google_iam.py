"""What only Google's granter does: it keeps unknown fields, and loads Google's libraries late."""

import subprocess
import sys

import pytest

from approvals.backends.google_rest import RestError
from approvals.backends.granters.google_iam import GoogleIam
from approvals.ports.targets import Binding, Forbidden, GranterError, Impossible, Unsure
from handlers.wording.refusing.refusals import sentence
from sandbox.google import Google
from tests.support.googles import PROJECT

OURS = Binding(
    role="roles/run.admin",
    member="user:alice@example.com",
    title="JIT access activation",
    description="",
    expression='request.time < timestamp("2030-01-01T00:00:00Z")',
)


def test_nothing_listening_is_unsure() -> None:
    with pytest.raises(Unsure):
        GoogleIam(base_url="http://127.0.0.1:9").read(PROJECT, timeout=2, reason="r-1")


def test_the_missing_permission_follows_google_s_sentence_after_one_stop() -> None:
    granter = GoogleIam()
    granter.__dict__["_rest"] = _Refusing()
    with pytest.raises(Forbidden) as refusal:
        granter.read(PROJECT, timeout=10, reason="r-1")
    assert "refused: Not you. The service's account needs" in sentence(refusal.value.reason)


@pytest.mark.parametrize(("status", "kind"), [(403, Forbidden), (400, Impossible), (500, Unsure)])
def test_of_a_long_text_of_google_s_as_much_is_kept_as_a_message_can_show(
    status: int, kind: type[GranterError]
) -> None:
    granter = GoogleIam()
    granter.__dict__["_rest"] = _Refusing(status, "Not you. " * 5000)
    with pytest.raises(kind) as refusal:
        granter.read(PROJECT, timeout=10, reason="r-1")
    assert "Not you. Not you" in sentence(refusal.value.reason)
    assert len(sentence(refusal.value.reason)) < 1500


class _Refusing:
    """Stands for the REST client: Google answers with a whole sentence."""

    def __init__(self, status: int = 403, said: str = "Not you.") -> None:
        self._error = RestError(status, said)

    def call(self, *_: object, **__: object) -> None:
        raise self._error


def test_fields_that_this_version_does_not_know_are_sent_back_as_they_came(
    google: Google, google_url: str
) -> None:
    granter = GoogleIam(base_url=google_url)
    audit = [{"service": "allServices", "auditLogConfigs": [{"logType": "ADMIN_READ"}]}]
    google.write(PROJECT, {"auditConfigs": audit}, mask="auditConfigs")
    granter.write(granter.read(PROJECT, timeout=10, reason="r-1"), add=[OURS], remove=[], timeout=10, reason="r-1")
    (call,) = google.calls("setIamPolicy")
    assert call.body["policy"]["auditConfigs"] == audit
    assert google.policies()[PROJECT]["auditConfigs"] == audit


def test_an_empty_description_is_left_out_and_read_back_as_empty(google: Google, google_url: str) -> None:
    granter = GoogleIam(base_url=google_url)
    granter.write(granter.read(PROJECT, timeout=10, reason="r-1"), add=[OURS], remove=[], timeout=10, reason="r-1")
    assert "description" not in google.policies()[PROJECT]["bindings"][0]["condition"]
    assert granter.read(PROJECT, timeout=10, reason="r-1").bindings == (OURS,)


def test_google_s_libraries_load_at_the_first_call_only() -> None:
    code = (
        "import sys; from approvals.backends.granters.google_iam import GoogleIam; GoogleIam();"
        "from approvals.backends.directories.cloud_identity import CloudIdentity; CloudIdentity();"
        "sys.exit(any(name.partition('.')[0] in ('googleapiclient', 'httplib2') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
