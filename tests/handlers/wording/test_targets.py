import pytest

from handlers.wording.targets import resource_in_words


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
