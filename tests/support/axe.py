"""What axe-core finds wrong with a page: https://dequeuniversity.com/rules/axe/4.10."""

from collections.abc import Sequence

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page


def wrongs(page: Page, *, only: Sequence[str] = ()) -> list[str]:
    """Each breach of a rule and the element that it is in; `only` names the tags of the rules that matter."""
    # To load it takes longer than to run it, and one page is looked at in several sizes.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    asked = {"resultTypes": ["violations"]} | ({"runOnly": list(only)} if only else {})
    found = page.evaluate("asked => axe.run(asked)", asked)["violations"]
    return [f"{rule['id']}: {node['html'][:200]} {node['any'][:1]}" for rule in found for node in rule["nodes"]]
