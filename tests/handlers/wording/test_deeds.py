"""What was done with access reads like sentences, says what is not known, and believes no name."""

from zoneinfo import ZoneInfo

import pytest

from approvals.deeds import Deeds, Method, Place, RoleUse
from handlers.slack.markup import rich_lines
from handlers.web.markup import html
from handlers.wording.deeds import said
from handlers.wording.text.lines import plain

UNUSED = (
    "Of the 412 permissions of roles/run.admin 1 shows there (run.services.update); 411 were not used, as far as"
    " the logs tell."
)
PLACE = Place(resource="projects/payments-prod")


def lines(*places: Place, looks: int = 2) -> list[str]:
    return [plain(line) for line in said(Deeds(looks=looks, places=places))]


def with_(**changes: object) -> Place:
    return Place(**({"resource": PLACE.resource} | changes))  # type: ignore[arg-type]  # what a test says


def test_nothing_yet_is_no_nothing() -> None:
    assert "yet" in lines(PLACE, looks=1)[0]
    assert "yet" not in lines(PLACE)[0]
    assert "Data Access" in lines(PLACE)[0]


def test_a_search_that_was_not_over_is_no_nothing() -> None:
    assert "had not looked through all" in lines(with_(cut=True))[0]
    assert "once more" in lines(with_(cut=True), looks=1)[0]
    assert "once more" not in lines(with_(cut=True))[0]


def test_of_a_window_that_is_too_large_it_is_told_what_was_counted_and_of_how_much_of_it() -> None:
    found = lines(with_(calls=3, first=900, methods=(Method(name="run.Update", calls=3),)))
    again = lines(with_(calls=3, first=900), looks=1)

    assert found[0] == "At least 3 calls in Cloud Audit Logs."
    assert found[-1].startswith("Only its beginning was looked through, 15 minutes of it: for more Cloud Logging")
    assert "once more" in again[-1]
    assert "once more" not in found[-1]


def test_that_nothing_was_found_in_the_beginning_is_no_nothing_either() -> None:
    (found,) = lines(with_(first=56))
    (cut,) = lines(with_(first=56, cut=True), looks=1)

    assert "Only its beginning was looked through, 56 seconds of it" in found
    assert found.endswith("Nothing was found in that.")
    assert cut.endswith("Nothing was found in that. They are looked at once more an hour after the end.")


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("forbidden", "roles/logging.privateLogViewer on projects/payments-prod"),
        ("missing", "cannot be read"),
        ("unanswered", "did not answer"),
    ],
)
def test_what_could_not_be_read_is_no_nothing_either(trouble: str, words: str) -> None:
    (first,) = lines(with_(trouble=trouble), looks=1)
    (last,) = lines(with_(trouble=trouble))

    assert words in first
    assert "once more" in first
    assert "once more" not in last


def test_calls_denials_and_unused_permissions_are_told() -> None:
    place = with_(
        calls=1201,
        denied=2,
        methods=(Method(name="run.Update", calls=1199), Method(name="run.Delete", calls=2, denied=2)),
        more=1,
        cut=True,
        roles=(RoleUse(role="roles/run.admin", total=412, used=1, named=("run.services.update",)),),
    )

    assert lines(place) == [
        "1,201 calls in Cloud Audit Logs, 2 of them denied.",
        "run.Update: 1,199 calls",
        "run.Delete: 2 calls, 2 denied",
        "And 1 further method.",
        "There are more entries: the first 1,201 are counted.",
        UNUSED,
    ]


def test_of_a_folder_it_is_said_what_is_not_counted_and_of_a_hidden_role_that_it_is() -> None:
    place = with_(
        resource="folders/200", calls=1, methods=(Method(name="m", calls=1),), roles=(RoleUse(role="r"),)
    )

    assert lines(place)[-2:] == [
        "What r holds could not be read.",
        "Only what is logged on folders/200 itself is counted, and nothing below it.",
    ]


def test_of_several_resources_each_line_has_its_name() -> None:
    found = lines(PLACE, with_(resource="projects/other", trouble="unanswered"))

    assert [line.partition(":")[0] for line in found] == ["projects/payments-prod", "projects/other"]


def test_a_method_whose_name_is_markup_or_turns_the_line_round_is_shown_letter_by_letter() -> None:
    odd = Method(name="m\n<!channel> \u202egnp.\u2066</script><b>", calls=1)
    deeds = Deeds(looks=2, places=(with_(calls=1, methods=(odd,)),))
    page = "".join(html(line, ZoneInfo("UTC")) for line in said(deeds))
    slack = rich_lines(said(deeds))

    assert "<code>m &lt;!channel&gt; gnp.&lt;/script&gt;&lt;b&gt;</code>" in page
    assert {"type": "text", "text": "m <!channel> gnp.</script><b>", "style": {"code": True}} in (
        slack["elements"][0]["elements"][1]["elements"]
    )


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({}, "Only what is logged on folders/200 itself is counted, and nothing below it."),
        ({"below": 1}, "Counted is what is logged on folders/200 and on the 1 project below it."),
        (
            {"below": 99, "beyond": True},
            "Counted is what is logged on folders/200 and on the first 99 projects below it, by name: not on all.",
        ),
    ],
)
@pytest.mark.parametrize("calls", [0, 3])
def test_of_a_folder_it_is_told_what_was_looked_at(found: dict[str, object], words: str, calls: int) -> None:
    assert lines(with_(resource="folders/200", calls=calls, **found))[-1] == words
