"""What docs/applications.md says of the calls."""

import re
from pathlib import Path

from handlers.applications.operations import OPERATIONS

PAGE = (Path(__file__).parents[3] / "docs" / "applications.md").read_text()


def test_the_page_names_every_call_and_no_other() -> None:
    named = set(re.findall(r"^\| `(GET|POST|DELETE) /v1/([A-Za-z/]+)` \|", PAGE, flags=re.MULTILINE))

    assert {(method, path.replace("ID", "*")) for method, path in named} == {
        (each.method, "/".join(each.path)) for each in OPERATIONS.values()
    }
