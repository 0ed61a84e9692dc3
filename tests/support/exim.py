"""Debian's exim as a mail server of its own for a test: TLS, signing in, and delivery into a Maildir."""

import getpass
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from socket import create_connection
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from demo.ports import free_port
from tests.support.mails import PASSWORD, USER

EXIM = Path("/usr/sbin/exim4")
_POSTMAN = "Debian-exim"
MARKS = [pytest.mark.skipif(not EXIM.exists(), reason=f"{EXIM} is absent: apt-get install exim4-daemon-light")]

_CONFIGURATION = """\
primary_hostname = mail.example.com
spool_directory = {folder}/spool
log_file_path = {folder}/log-%s
pid_file_path = {folder}/exim.pid
exim_user = {user}
exim_group = {group}
never_users =
acl_smtp_mail = check_mail
acl_smtp_rcpt = check_rcpt
acl_smtp_data = accept
tls_advertise_hosts = *
tls_certificate = {pem}
tls_privatekey = {pem}
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
message_size_limit = 64K
received_header_text =
begin acl
check_mail:
  deny  message = 5.7.1 Sign in first
        !authenticated = *
  accept
check_rcpt:
  deny  message = 5.1.1 No such mailbox
        local_parts = nobody
  defer message = 4.2.0 Greylisted, come again
        local_parts = later
  accept
begin routers
all:
  driver = accept
  transport = maildir
begin transports
maildir:
  driver = appendfile
  maildir_format
  directory = {folder}/boxes/all
  create_directory
  user = {postman}
  envelope_to_add = true
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{login}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
"""


class Exim:
    """A running server, with one Maildir for everybody."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port

    def mails(self, count: int) -> list[Any]:
        """Wait until so many mails were delivered; return them."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            found = sorted((self.folder / "boxes" / "all" / "new").glob("*"))
            if len(found) >= count:
                return [message_from_bytes(each.read_bytes(), policy=default) for each in found]
            time.sleep(0.05)
        raise TimeoutError((self.folder / "log-main").read_text() if (self.folder / "log-main").exists() else "")


@contextmanager
def exim(pem: Path) -> Iterator[Exim]:
    """Run exim on loopback. It delivers nothing as root: then as the user of its package."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o711)
        user = getpass.getuser()
        postman = _POSTMAN if user == "root" else user
        (folder / "boxes").mkdir()
        shutil.chown(folder / "boxes", postman)
        with _running(folder, pem, user=user, postman=postman) as running:
            yield running


@contextmanager
def _running(folder: Path, pem: Path, *, user: str, postman: str) -> Iterator[Exim]:
    port = free_port()
    configuration = folder / "exim.conf"
    configuration.write_text(
        _CONFIGURATION.format(
            folder=folder,
            pem=pem,
            user=user,
            postman=postman,
            group=_group(),
            login=USER,
            password=PASSWORD,
        )
    )
    errors = folder / "errors"
    with errors.open("wb") as said:
        # A connection that is open still holds what a child of it writes to: nobody waits for the end of that.
        started = subprocess.Popen(
            [EXIM, "-C", configuration, "-bdf", "-q10m", "-oX", f"127.0.0.1.{port}"], stderr=said
        )
    try:
        _wait(started, port, errors)
        yield Exim(folder, port)
    finally:
        started.terminate()
        started.wait(60)


def _group() -> str:
    import grp  # noqa: PLC0415 - there is none where there is no exim

    return grp.getgrgid(os.getgid()).gr_name


def _wait(started: "subprocess.Popen[bytes]", port: int, errors: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if started.poll() is not None:
            raise RuntimeError(f"exim ended: {errors.read_text()}")
        try:
            create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("exim does not listen")
