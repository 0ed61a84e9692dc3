from approvals.refusals.reasons import plain, reason


def test_a_reason_is_on_record_as_json_holds_it() -> None:
    found = reason("not_approver", approvers=("user:bob@example.com",))
    assert plain(found) == {"code": "not_approver", "facts": {"approvers": ["user:bob@example.com"]}}


def test_a_text_of_an_older_release_is_on_record_as_it_is() -> None:
    assert plain("The policy no longer offers this.") == "The policy no longer offers this."
