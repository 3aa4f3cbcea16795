"""A notification channel on this machine: keeps what it is told, and misbehaves on request."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Inbox:
    """`status` is what it answers; while `hanging` is set it reads the message and does not answer."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.status = 200
        self.hanging = threading.Event()
        self.done = threading.Event()
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                inbox.received.append(json.loads(raw))
                if inbox.hanging.is_set():
                    inbox.done.wait(30)
                self.send_response(inbox.status)
                self.send_header("content-length", "0")
                if inbox.status == 302:
                    self.send_header("location", "/login")
                self.end_headers()

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Tests say what they saw themselves."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])

    @property
    def address(self) -> str:
        """What Apprise calls it; with a token in it, as real addresses have."""
        return f"json://127.0.0.1:{self.port}/hooks/s3cr3t-token"

    @property
    def titles(self) -> list[str]:
        return [message["title"] for message in self.received]

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        self.done.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def open_inbox() -> Iterator[Inbox]:
    """An inbox that listens until the block ends."""
    inbox = Inbox()
    thread = threading.Thread(target=inbox.serve)
    thread.start()
    try:
        yield inbox
    finally:
        inbox.close()
        thread.join()
