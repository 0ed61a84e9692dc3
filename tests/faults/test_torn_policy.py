"""The policy file is replaced mid-write: what is no whole policy never comes into force."""

import pytest

from tests.support.running import POLICY, Running

CUTS = [POLICY.index("requesters:") + 4, POLICY.index("[roles/bigquery") + 5, 9]
OTHER = POLICY.replace("Compute admin", "Compute administration")


@pytest.mark.parametrize("cut", CUTS)
def test_half_a_file_changes_nothing_and_the_whole_one_does(office: Running, cut: int) -> None:
    asked = office.ask("alice", "admin")
    before = office.service.policy.current().digest
    with office.policy_file.open("w") as file:
        file.write(OTHER[:cut])
        file.flush()
        assert not office.service.policy.refresh()
        office.service.background.wake()
        office.settled()
        assert office.service.policy.current().digest == before
        assert office.request(asked).state == "pending"
        file.write(OTHER[cut:])
    office.until(lambda: office.service.policy.current().digest != before)

    assert office.service.policy.current().entitlements["admin"].title == "Compute administration"
    assert office.request(asked).state == "pending"
    office.approve("bob", asked)
    office.granted(asked)


def test_a_start_in_the_middle_of_the_write_goes_on_with_the_last_good_one(office: Running) -> None:
    asked = office.ask("alice", "admin")
    office.stop()
    office.policy_file.write_text(OTHER[: CUTS[0]])
    office.start()
    assert office.service.policy.current().entitlements["admin"].title == "Compute admin"
    office.policy_file.write_text(OTHER)
    office.until(lambda: office.service.policy.current().entitlements["admin"].title == "Compute administration")
    office.approve("bob", asked)
    office.granted(asked)
