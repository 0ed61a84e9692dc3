"""`python -m sandbox`: serve the sandbox until it is told to stop."""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from sandbox import world
from sandbox.app import SIGNING_SECRET, Sandbox
from sandbox.iap.gate import AUDIENCE, DESKTOP


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="A workspace, a cloud, a mailbox and a proxy."
    )
    parser.add_argument("--port", type=int, default=8080, help="where the page is; 0 takes a free port")
    parser.add_argument("--bot-url", default="", help="where the app listens, unless it uses Socket Mode")
    parser.add_argument("--signing-secret", default=SIGNING_SECRET)
    parser.add_argument("--bot-token", default="xoxb-sandbox")
    parser.add_argument("--app-token", default="xapp-sandbox")
    parser.add_argument("--smtp-port", type=int, default=0, help="where mail is taken; 0 takes a free port")
    parser.add_argument("--smtp-login", metavar="USER:PASSWORD", help="who may send mail, after STARTTLS")
    parser.add_argument("--smtp-authority", type=Path, metavar="FILE", help="written: whom to trust for STARTTLS")
    parser.add_argument("--iap-port", type=int, help="where Identity-Aware Proxy is; without it there is none")
    parser.add_argument("--iap-audience", default=AUDIENCE, help="for whom it signs what it asserts")
    parser.add_argument("--iap-desktop", type=Path, metavar="FILE", help="written: a client for programs")
    parser.add_argument("--pages-url", default="", help="where the program is whose pages it guards")
    parser.add_argument("--world", type=Path, default=world.EXAMPLE, metavar="FILE")
    parser.add_argument("--walk", type=Path, metavar="FILE", help="a guided walk, shown on the page")
    return parser.parse_args()


def main() -> int:
    """Serve until SIGTERM or SIGINT. Exit code 2 when the world cannot be read or a port is taken."""
    given = arguments()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        box = Sandbox.start(
            world_file=given.world,
            walk_file=given.walk,
            signing_secret=given.signing_secret,
            bot_token=given.bot_token,
            app_token=given.app_token,
            bot_url=given.bot_url,
            port=given.port,
            smtp_port=given.smtp_port,
            smtp_login=(given.smtp_login.partition(":")[::2] if given.smtp_login else None),
            iap_port=given.iap_port,
        )
        if box.mailbox and box.mailbox.certificate and given.smtp_authority:
            box.mailbox.certificate.publish(given.smtp_authority)
        if box.iap:
            box.iap.gate.upstream, box.iap.gate.audience = given.pages_url, given.iap_audience
            if given.iap_desktop:
                given.iap_desktop.write_text(json.dumps(box.iap.gate.let_in(DESKTOP)))
    except (world.WorldError, OSError) as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 2
    with box:
        mail = f", mail on port {box.mailbox.port}" if box.mailbox else ""
        proxy = f", the proxy at {box.iap.gate.url}" if box.iap else ""
        sys.stdout.write(f"sandbox ready: http://localhost:{box.port}{mail}{proxy}\n")
        sys.stdout.flush()
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
