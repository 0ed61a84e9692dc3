"""`countersign demo --play`, as the README shows it: the whole story by real clicks on a real clock."""

from tests.bot.commands import ended


def test_the_story_goes_well_from_the_first_question_to_the_last_audit_chain() -> None:
    code, out, err = ended("demo", "--play", env={})

    assert (code, err) == (0, "")
    assert out.rstrip().endswith("Every step went well.")
    for seen in (
        '"description": "Approved by bob@example.com; countersign:',
        "You cannot decide on your own request.",
        "as “Carol Chen”",
        "Please use Read production logs for that.",
        "Withdrawn",
        "thirty seconds later it is gone",
        ", 0 broken",
    ):
        assert seen in out
