"""The pages that Google and IAP show themselves. None of them runs a script."""

from collections.abc import Iterable, Mapping
from html import escape

from starlette.responses import HTMLResponse

from sandbox.world import Person

_HEADERS = {
    # The form's answer leads to the client's address, so where a form may lead stays open.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
}
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; display: grid; min-height: 100vh; place-items: center;
  background: light-dark(#f3f4f6, #16181d); }
main { width: min(440px, calc(100vw - 32px)); box-sizing: border-box; padding: 24px; margin: 16px 0;
  border-radius: 14px; background: light-dark(#fff, #22252c); box-shadow: 0 2px 16px #0003; }
h1 { font-size: 22px; line-height: 1.3; margin: 0 0 6px; }
p { margin: 0 0 14px; color: light-dark(#4a5160, #b6bcc8); }
ul { list-style: none; margin: 0; padding: 0; }
button { font: inherit; color: inherit; cursor: pointer; border: 1px solid light-dark(#8a909c, #6d7480);
  border-radius: 9px; background: none; }
li button { display: block; width: 100%; text-align: left; padding: 8px 14px; margin-bottom: 8px; }
button:hover { background: light-dark(#eef2ff, #2d3340); }
small { display: block; color: light-dark(#4a5160, #b6bcc8); overflow-wrap: anywhere; }
summary { cursor: pointer; padding: 8px 0; }
label { display: block; margin-bottom: 10px; }
input, select, textarea { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: 6px 8px;
  border: 1px solid light-dark(#8a909c, #6d7480); border-radius: 7px; background: none; color: inherit; }
details button { padding: 6px 16px; }
"""


def choice(people: Iterable[Person], *, client: str, asked: Mapping[str, str]) -> HTMLResponse:
    """Who signs in? Nobody is asked for a password, and nothing else would tell people here apart."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in asked.items()
    )
    entries = "".join(
        f'<li><button name="email" value="{escape(person.email)}"><b>{escape(person.real_name)}</b>'
        f"<small>{escape(' · '.join(filter(None, (person.email, person.title))))}</small></button></li>"
        for person in people
    )
    return page(
        "Who are you?",
        f"<p>This page stands for Google’s sign-in. It asks for no password. Choose who goes on to"
        f" {escape(client)}.</p>"
        f'<form method="post">{hidden}<ul>{entries}</ul></form>'
        f"<details><summary>Somebody else</summary>"
        f'<form method="post">{hidden}'
        f'<label>Address<input name="email" autocomplete="off"></label>'
        f'<label>Organization (leave it empty for a private account)<input name="hd" autocomplete="off"></label>'
        f'<label>Access levels, a comma between them<input name="access_levels" autocomplete="off"></label>'
        f'<label>Or the claims of an external identity, as JSON<textarea name="gcip" rows="4"></textarea></label>'
        f"<button>Sign in</button></form></details>",
    )


def problem(title: str, text: str, *, status: int) -> HTMLResponse:
    """Say what is wrong."""
    return page(title, f"<p>{escape(text)}</p>", status=status)


def page(title: str, body: str, *, status: int = 200) -> HTMLResponse:
    """A page of this look; `body` is HTML."""
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(title)}</h1>{body}</main></body></html>",
        status,
        headers=_HEADERS,
    )
