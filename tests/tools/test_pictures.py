"""The pictures of the documentation are those that the script makes, and each is used."""

import re
from pathlib import Path

from tools.pictures import IMAGES, PICTURES, ROOT

USED = re.compile(r"images/([a-z-]+\.png)")


def test_the_script_makes_what_the_documentation_shows() -> None:
    pages: list[Path] = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    used = {name for page in pages for name in USED.findall(page.read_text())}

    assert used == set(PICTURES) == {path.name for path in IMAGES.iterdir()}


def test_no_picture_makes_a_clone_heavy() -> None:
    assert {path.name: path.stat().st_size for path in IMAGES.iterdir() if path.stat().st_size > 150_000} == {}
