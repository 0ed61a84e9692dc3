"""What a policy says, in plain words."""

from approvals.policy.words import selectors_in_words

CROWD = [f"p{number}@example.com" for number in range(300)]
SELECTORS = [f"user:{each}" for each in CROWD]


def test_of_a_crowd_the_first_are_named_and_the_others_are_counted() -> None:
    assert selectors_in_words(SELECTORS) == f"{', '.join(CROWD[:12])} or 288 more"


def test_nobody_is_counted_whose_name_takes_no_more_room() -> None:
    assert selectors_in_words(SELECTORS[:13]) == f"{', '.join(CROWD[:12])} or {CROWD[12]}"
    assert selectors_in_words(SELECTORS[:14]) == f"{', '.join(CROWD[:12])} or 2 more"


def test_nobody_is_nobody() -> None:
    assert selectors_in_words([]) == "nobody"
