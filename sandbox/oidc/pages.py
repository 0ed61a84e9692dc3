"""The page on which one chooses who one is, and how one signed in."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from starlette.responses import HTMLResponse

from sandbox.iap.pages import page
from sandbox.world import Person


def choice(people: Iterable[Person], *, classes: Sequence[str], asked: Mapping[str, str]) -> HTMLResponse:
    """Who signs in, by what, and how long ago?"""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in asked.items()
    )
    entries = "".join(
        f'<li><button name="email" value="{escape(person.email)}"><b>{escape(person.real_name)}</b>'
        f"<small>{escape(person.email)}</small></button></li>"
        for person in people
    )
    kinds = "".join(f"<option>{escape(each)}</option>" for each in classes)
    return page(
        "Who are you?",
        "<p>This page stands for your organization’s sign-in. It asks for no password.</p>"
        f'<form method="post">{hidden}'
        f'<label>Signed in by<select name="acr">{kinds}</select></label>'
        '<label>So many seconds ago<input name="age" inputmode="numeric" value="0" autocomplete="off"></label>'
        '<label>Further claims, as JSON<textarea name="claims" rows="2"></textarea></label>'
        f"<ul>{entries}</ul></form>",
    )


def problem(text: str) -> HTMLResponse:
    """Say what is wrong, where a browser cannot be sent back with it."""
    return page("This cannot be answered", f"<p>{escape(text)}</p>", status=400)
