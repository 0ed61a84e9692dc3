"""Mails as the page shows them: in a frame that runs nothing, with links that lead through the proxy."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from sandbox import links
from sandbox.app import Sandbox
from tests.sandbox.iap.conftest import Seen, ask
from tests.sandbox.test_control import asked

HTML = """\
<!doctype html><html><head><style>p > a { color: red }</style><script>alert(1)</script></head>
<body onload="alert(2)"><p>5 &lt; 6 &amp; 7 &#8364; <img src="https://evil.example/pixel.png"><br/>
<a class=go target="_top" href="PAGES/review/abc?a=1&amp;b=2">Review &amp; decide</a>
<a href="https://elsewhere.example/">x</a> <a href="mailto:bob@example.com">y</a>
<a name=here>z</a></p></body></html>
"""
BLANK = 'target="_blank" rel="noopener noreferrer"'


def send(box: Sandbox, *, text: str = "", html: str = "", to: str = "bob@example.com") -> None:
    """A mail as a program sends it."""
    assert box.mailbox
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "jit@example.com", to, "A request"
    made.set_content(text)
    if html:
        made.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", box.mailbox.port, timeout=30) as post:
        post.send_message(made)


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox.start(smtp_port=0, iap_port=0) as running:
        yield running


def pages(box: Sandbox) -> str:
    assert box.iap
    return box.iap.gate.url


def shown(box: Sandbox, query: str = "?as=bob@example.com") -> Seen:
    return ask(box.url, f"/sandbox/mail/0{query}")


def test_a_frame_runs_and_fetches_nothing_and_is_framed_by_the_sandbox_alone(box: Sandbox) -> None:
    send(box, text="x", html=HTML)
    policy = shown(box).headers["content-security-policy"]
    assert set(policy.split("; ")) == {
        "sandbox allow-popups allow-popups-to-escape-sandbox",
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "frame-ancestors 'self'",
    }


@pytest.mark.parametrize("path", ["/sandbox/mail/0", "/sandbox/mail/7", "/sandbox/mail/x"])
def test_what_is_no_page_is_not_found(box: Sandbox, path: str) -> None:
    send(box, text="only words")
    assert ask(box.url, path).status == 404


def test_the_sandbox_says_where_its_proxy_and_its_mail_server_are(box: Sandbox) -> None:
    assert box.mailbox
    assert asked(box, "GET", "/sandbox/places")[1] == {"pages": pages(box), "mail": box.mailbox.port}


def test_a_rebound_name_reads_no_mail(box: Sandbox) -> None:
    send(box, text="x", html="<p>x</p>")
    assert ask(box.url, "/sandbox/mail/0", headers={"Host": "evil.example"}).status == 403


def test_links_lead_through_the_proxy_as_the_reader_in_a_window_of_their_own(box: Sandbox) -> None:
    send(box, text="x", html=HTML.replace("PAGES", pages(box)))
    page = shown(box).body
    opened = f"{pages(box)}/_gcp_iap/open?as=bob%40example.com&amp;to=%2Freview%2Fabc%3Fa%3D1%26b%3D2"
    assert (
        f'<a class="go" href="{opened}" target="_blank" rel="noopener noreferrer">Review &amp; decide</a>' in page
    )
    assert '<a href="https://elsewhere.example/" target="_blank" rel="noopener noreferrer">x</a>' in page
    assert "5 &lt; 6 &amp; 7 &#8364;" in page
    assert "p > a { color: red }" in page
    assert page.startswith("<!doctype html>")
    assert f'href="{pages(box)}/review/abc?a=1&amp;b=2"' in shown(box, "").body


def test_the_links_of_both_parts_are_listed_with_the_address_that_opens_them(box: Sandbox) -> None:
    link = f"{pages(box)}/review/abc"
    send(
        box,
        text=f"Open <{link}> or ({link}). Or https://elsewhere.example/x.",
        html=f'<a href="{link}?html">x</a>',
    )
    (mail,) = asked(box, "GET", "/sandbox/mail?as=carol@example.com")[1]["messages"]
    assert list(mail["opens"]) == [link, "https://elsewhere.example/x", f"{link}?html"]
    assert mail["opens"][link] == f"{pages(box)}/_gcp_iap/open?as=carol%40example.com&to=%2Freview%2Fabc"
    assert mail["opens"]["https://elsewhere.example/x"] == "https://elsewhere.example/x"


def test_a_forms_every_button_is_a_way_to_send_it() -> None:
    page = """<form action="/decide" method="post">
    <input type=hidden name=csrf value=1><textarea name=why></textarea>
    <button name=verdict value=approve>A</button><input type=submit name=verdict value=deny></form>
    <form><input name=q></form><button name=outside></button>"""
    fields = (("csrf", "1"), ("why", "x"))
    assert links.forms(page) == [
        links.Form(action="/decide", method="POST", fields=(*fields, ("verdict", "approve"))),
        links.Form(action="/decide", method="POST", fields=(*fields, ("verdict", "deny"))),
        links.Form(action="", method="GET", fields=(("q", "x"),)),
    ]
