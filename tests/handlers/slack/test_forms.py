"""The forms: what they refuse beneath which field, and what they file, sign and deny."""

import msgspec
import pytest

from approvals.times import in_words
from handlers.wording.refusing.fields import USUAL_MEANING as MEANING
from tests.handlers.slack.bed import Bed
from tests.support.shown import view_words, words

GOOD = {"entitlement": "compute-admin-prod", "duration": "1h", "justification": "CHG-42 disk full"}

WRONG = [
    ({"duration": "soon"}, "duration", "is no duration"),
    ({"duration": "5h"}, "duration", "4 hours"),
    ({"justification": "   "}, "justification", "Say why"),
    ({"entitlement": "deploy-prod-signed", "justification": "because"}, "justification", "CHG-42"),
]


@pytest.mark.parametrize(("change", "field", "said"), WRONG)
def test_what_is_wrong_is_said_beneath_its_field(bed: Bed, change: dict[str, str], field: str, said: str) -> None:
    bed.box.slack.command("alice", "/jit")

    outcome = bed.box.slack.submit("alice", GOOD | change)

    assert list(outcome.errors) == [field]
    assert said in outcome.errors[field]
    assert outcome.view is not None
    assert bed.requests() == []


def test_what_one_may_not_ask_for_is_not_offered(bed: Bed) -> None:
    bed.box.slack.command("carol", "/jit")

    offered = bed.box.slack.suggest("carol", "entitlement").options

    assert {option["value"] for option in offered} == {"logs", "quick-look"}


def test_a_forged_choice_is_refused(bed: Bed) -> None:
    outcome = _submission(bed, "carol", "compute-admin-prod")

    assert '"response_action": "errors"' in outcome or '"response_action":"errors"' in outcome
    assert '"entitlement"' in outcome
    assert bed.requests() == []


def _submission(bed: Bed, who: str, entitlement: str) -> str:
    bed.box.slack.command(who, "/jit")
    held = bed.box.slack.state.top(who)
    assert held is not None
    chosen = {"type": "external_select", "selected_option": {"value": entitlement}}
    typed = {"type": "plain_text_input", "value": "CHG-1"}
    values = {"entitlement": {"entitlement": chosen}, "justification": {"justification": typed}}
    payload = bed.box.slack.payloads.submission(held, values)
    return bed.box.slack.outward.deliver("interactive", payload).body


def test_a_form_sent_twice_makes_one_request(bed: Bed) -> None:
    bed.box.slack.command("alice", "/jit")
    held = bed.box.slack.state.top("alice")
    assert held is not None
    bed.box.slack.submit("alice", GOOD)
    values = {name: {name: {"value": text}} for name, text in GOOD.items() if name != "entitlement"}
    values["entitlement"] = {"entitlement": {"selected_option": {"value": GOOD["entitlement"]}}}  # type: ignore[dict-item]
    payload = bed.box.slack.payloads.submission(held, values)

    answer = bed.box.slack.outward.deliver("interactive", payload)

    assert (answer.status, answer.body) == (200, "")
    assert len(bed.requests()) == 1


def test_what_was_typed_is_kept_while_slack_does_not_answer(bed: Bed) -> None:
    bed.box.slack.command("alice", "/jit")
    bed.box.slack.suggest("alice", "entitlement")
    bed.clock.ahead += 50
    bed.box.slack.faults.add("users.info", "error")

    outcome = bed.box.slack.submit("alice", GOOD)

    assert "Try again in a minute" in outcome.errors["entitlement"]
    assert outcome.view is not None


def test_left_empty_the_duration_is_the_usual_one(bed: Bed) -> None:
    request = bed.file("alice", duration="")

    assert in_words(request.terms.duration) == "1 hour"


def test_the_type_ahead_matches_words_of_title_id_role_and_resource(bed: Bed) -> None:
    bed.box.slack.command("alice", "/jit")

    def found(query: str) -> set[str]:
        return {option["value"] for option in bed.box.slack.suggest("alice", "entitlement", query).options}

    assert found("customer") == {"customer-data"}
    assert found("bigquery SHOP-DATA") == {"customer-data"}
    assert found("deploy signed") == {"deploy-prod-signed"}
    assert found("nothing like it") == set()
    assert found("") == set(bed.policy.entitlements)


def test_the_type_ahead_says_for_how_long_where_and_what(bed: Bed) -> None:
    bed.box.slack.command("alice", "/jit")

    (found,) = bed.box.slack.suggest("alice", "entitlement", "customer").options

    assert found["text"]["text"] == "Read customer data"
    assert found["description"]["text"] == (
        "At most 2 hours, project shop-data: bigquery.dataViewer, bigquery.jobUser"
    )


def test_the_type_ahead_finds_what_does_not_fit_into_one_list(bed: Bed) -> None:
    one = bed.policy.entitlements["logs"]
    many = {
        f"logs-{n}": msgspec.structs.replace(one, id=f"logs-{n}", title=f"Logs of shop {n}") for n in range(150)
    }
    bed.policy = msgspec.structs.replace(bed.policy, entitlements=many)
    bed.box.slack.command("alice", "/jit")

    everything = bed.box.slack.suggest("alice", "entitlement").options
    last = bed.box.slack.suggest("alice", "entitlement", "shop 149").options

    assert len(everything) == 100
    assert [option["value"] for option in last] == ["logs-149"]


def test_a_signature_needs_a_name_and_a_meaning(bed: Bed) -> None:
    _open_to_carol(bed)

    outcome = bed.box.slack.submit("carol", {"printed_name": " ", "meaning": MEANING})

    assert list(outcome.errors) == ["printed_name"]


def _open_to_carol(bed: Bed) -> str:
    request = bed.file("alice", "deploy-prod-signed")
    bed.press("bob", "approve", bed.draw(request))
    card = bed.draw(bed.store.request(request.id))
    assert [element["action_id"] for _, element in card.elements()] == ["sign", "offer", "deny", "take_back"]
    assert bed.press("carol", "sign", card).ok
    return request.id


def test_the_signing_form_shows_the_same_facts_and_attests_what_is_typed(bed: Bed) -> None:
    request_id = _open_to_carol(bed)
    view = bed.box.slack.view("carol")
    assert view is not None
    assert "Deploy to production (signed)" in str(view["blocks"])
    assert "CHG-42 disk full" in str(view["blocks"])

    outcome = bed.box.slack.submit("carol", {"printed_name": "Carol Chen", "meaning": MEANING})

    assert outcome.ok, outcome.errors
    stored = bed.store.request(request_id)
    attestation = stored.reviews[-1].attestation
    assert stored.state == "approved"
    assert attestation is not None
    assert (attestation.printed_name.text, attestation.meaning.text) == ("Carol Chen", MEANING)
    assert "Carol Chen" in words(bed.draw(stored, token=""))


def test_every_check_runs_again_when_the_signing_form_is_sent(bed: Bed) -> None:
    request_id = _open_to_carol(bed)
    bed.box.slack.change_person("carol", deleted=True)
    bed.clock.ahead += 50

    outcome = bed.box.slack.submit("carol", {"printed_name": "Carol Chen", "meaning": MEANING})

    assert outcome.view is not None
    assert "deactivated" in str(outcome.view["blocks"])
    assert len(bed.store.request(request_id).reviews) == 1


def test_who_has_approved_gets_no_form_of_an_older_card(bed: Bed) -> None:
    request = bed.file("alice", "customer-data", duration="30m")
    card = bed.draw(request)
    bed.press("bob", "approve", card)

    bed.press("bob", "deny", card)

    assert bed.box.slack.view("bob") is None
    assert bed.whispers("bob")[0].startswith(
        "These buttons are older than your last vote, so nothing was changed."
    )


def test_nobody_gets_the_signing_form_whose_turn_it_is_not(bed: Bed) -> None:
    request = bed.file("alice", "deploy-prod-signed")
    bed.press("bob", "approve", bed.draw(request))

    bed.press("dan", "sign", bed.draw(bed.store.request(request.id)))

    assert bed.box.slack.view("dan") is None
    assert bed.whispers("dan")[0] == "The step that you can approve has the approvals it needs."


def test_a_vote_given_while_the_form_was_open_stands(bed: Bed) -> None:
    request = bed.file("alice", "customer-data", duration="30m")
    card = bed.draw(request)
    bed.press("bob", "deny", card)
    bed.press("bob", "approve", card)

    outcome = bed.box.slack.submit("bob", {"reason": "I changed my mind"})

    assert "older than your last vote, so nothing was changed" in view_words(outcome.view)
    assert bed.store.request(request.id).state == "pending"


def test_a_form_that_comes_too_late_says_so_in_its_place(bed: Bed) -> None:
    request = bed.file("alice")
    card = bed.draw(request)
    bed.press("dan", "deny", card)
    bed.press("bob", "approve", card)

    outcome = bed.box.slack.submit("dan", {"reason": "no"})

    assert outcome.view is not None
    assert "approved already" in str(outcome.view["blocks"])
    assert bed.store.request(request.id).state == "approved"


def test_a_tampered_token_in_a_form_is_refused(bed: Bed) -> None:
    request = bed.file("alice")
    bed.press("bob", "deny", bed.draw(request))
    held = bed.box.slack.state.top("bob")
    assert held is not None
    held.sent["private_metadata"] = held.sent["private_metadata"][:-6] + "AAAAAA"

    bed.box.slack.submit("bob", {"reason": "no"})

    assert bed.store.request(request.id).state == "pending"


def test_a_denial_needs_a_reason_and_the_requester_reads_it(bed: Bed) -> None:
    request = bed.file("alice")
    bed.press("bob", "deny", bed.draw(request))
    refused = bed.box.slack.submit("bob", {"reason": " \n "})

    outcome = bed.box.slack.submit("bob", {"reason": "Use the <!channel> runbook"})

    assert list(refused.errors) == ["reason"]
    assert outcome.ok
    stored = bed.store.request(request.id)
    assert stored.state == "denied"
    assert bed.press("alice", "details", bed.draw(stored, token="")).ok
    assert "Use the <!channel> runbook" in view_words(bed.box.slack.view("alice"))


def test_only_approvers_get_the_forms(bed: Bed) -> None:
    card = bed.draw(bed.file("alice"))

    bed.press("carol", "deny", card)

    assert bed.box.slack.view("carol") is None
    assert "not an approver" in bed.whispers("carol")[0]


def test_a_trigger_that_died_is_explained(bed: Bed) -> None:
    card = bed.draw(bed.file("alice"))
    bed.box.slack.faults.add("views.open", "refuse", code="expired_trigger_id")

    bed.press("bob", "deny", card)

    assert "three seconds" in bed.whispers("bob")[0]


def test_a_signature_starts_with_the_account_s_own_name_and_another_is_said_on_the_card(bed: Bed) -> None:
    request = bed.file("alice", "deploy-prod-signed", duration="30m")
    bed.press("bob", "approve", bed.draw(request))
    bed.press("carol", "sign", bed.draw(bed.store.request(request.id)))
    view = bed.box.slack.view("carol")
    assert view is not None
    (name,) = (block["element"] for block in view["blocks"] if block.get("block_id") == "printed_name")
    assert name["initial_value"] == "Carol Chen"
    assert "employment" not in view_words(view)

    assert bed.box.slack.submit("carol", {"printed_name": "Mickey Mouse"}).ok

    shown = words(bed.draw(bed.store.request(request.id), token=""))
    assert "Mickey Mouse\n”\n while the account's own name was “\nCarol Chen\n”\n, meaning: “" in shown


def test_a_name_that_the_policy_refuses_is_refused_below_its_field(bed: Bed) -> None:
    rules = msgspec.structs.replace(bed.policy.identity, sign_name="match")
    bed.policy = msgspec.structs.replace(bed.policy, identity=rules)
    request = bed.file("alice", "deploy-prod-signed", duration="30m")
    bed.press("bob", "approve", bed.draw(request))
    bed.press("carol", "sign", bed.draw(bed.store.request(request.id)))

    outcome = bed.box.slack.submit("carol", {"printed_name": "Mickey Mouse"})

    assert outcome.errors == {"printed_name": "Sign with the name of your account: Carol Chen."}
    assert bed.store.request(request.id).state == "pending"
