"""Many subjects of one person keep nobody else waiting."""

from approvals.ids import binding_subject, request_subject, webhook_subject
from approvals.reconcile.fairness import Requesters, round_robin
from tests.support.builders import RESOURCE
from tests.support.world import ALICE, World


def person(subject: str) -> str:
    return subject[0]


def test_everybodys_first_comes_before_anybodys_second() -> None:
    assert round_robin(["m1", "m2", "m3", "b1", "c1", "b2"], [], person=person, most=9) == [
        "m1",
        "b1",
        "c1",
        "m2",
        "b2",
        "m3",
    ]


def test_what_is_at_work_counts_as_a_turn() -> None:
    assert round_robin(["m3", "m4", "b1"], ["m1", "m2"], person=person, most=9) == ["b1", "m3", "m4"]


def test_nobody_gets_more_than_their_share() -> None:
    assert round_robin(["m2", "m3", "m4", "b1"], ["m1"], person=person, most=2) == ["b1", "m2"]


def test_what_an_application_is_told_is_the_applications(world: World) -> None:
    subjects = [
        webhook_subject(application, f"r-000000000{number}")
        for application in ("shop", "till")
        for number in (1, 2)
    ]
    people = Requesters(world.store).of(subjects)

    assert len(set(people.values())) == 2
    assert people[subjects[0]] == people[subjects[1]] != people[subjects[2]]


def test_a_request_is_its_persons_and_a_resource_is_nobodys(world: World) -> None:
    subject = binding_subject(RESOURCE)
    request = world.file()
    people = Requesters(world.store).of([subject, request_subject(request.id), "request:r-0000000000"])

    assert people == {
        subject: subject,
        request_subject(request.id): ALICE,
        "request:r-0000000000": "request:r-0000000000",
    }
