"""The end of a connection of Socket Mode, which several threads may notice at once."""

import logging
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from handlers.slack.socket_connection import _Session


def test_whichever_threads_close_a_connection_at_once_none_of_them_fails() -> None:
    session: Any = _Session(lambda *_, **__: None, url="ws://127.0.0.1/", logger=logging.getLogger("quiet"))
    session.sock, other = socket.socketpair()
    with other, ThreadPoolExecutor(3) as pool:
        # As while somebody reads: all of them have seen the socket before the first one closes it.
        with session.sock_receive_lock:
            closing = [pool.submit(session.close) for _ in range(3)]
            time.sleep(0.2)
        assert [each.result(30) for each in closing] == [None] * 3
        other.settimeout(30)
        assert other.recv(1) == b""
