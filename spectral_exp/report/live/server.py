"""A small server for one page: the standard library's, for one reader at a time on one machine."""

from __future__ import annotations

import ipaddress
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from spectral_exp.report.live.live_report import LiveReport
from spectral_exp.report.page.write import render, render_content

HTML, SCRIPT, TEXT = ("text/html; charset=utf-8", "text/javascript; charset=utf-8", "text/plain; charset=utf-8")


class ReportServer(ThreadingHTTPServer):
    """Serves a live report at `/`, and under `/content` what changes of it; nothing else can be asked for.

    Args:
        report: the report.
        host: the address to listen at.
        port: the port; 0 for any that is free.

    Raises:
        OSError: if the address or the port cannot be had.
    """

    daemon_threads = True  # a reader that keeps its connection does not keep the program

    def __init__(self, report: LiveReport, host: str, port: int):
        super().__init__((host, port), _Handler)
        self.report = report
        self.is_local = ipaddress.ip_address(str(self.server_address[0])).is_loopback

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a reader that has gone away.

        Args:
            request: its connection.
            client_address: where it was.
        """
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: ReportServer
    protocol_version = "HTTP/1.1"
    timeout = 60  # seconds until an idle connection is closed

    def do_GET(self) -> None:
        if self.server.is_local and not _is_local_name(self.headers.get("Host", "")):
            # A page from elsewhere whose name was pointed at this machine must not read what is here.
            self._answer(HTTPStatus.FORBIDDEN, TEXT, "This page is for this machine alone.")
            return
        path = unquote(urlsplit(self.path).path).removeprefix("/")
        if path == "":
            tag, content = self.server.report.look()
            self._answer(HTTPStatus.OK, HTML, render(content, tag))
        elif path == "content":
            tag, content = self.server.report.look()
            if self.headers.get("If-None-Match") == f'"{tag}"':
                self._answer(HTTPStatus.NOT_MODIFIED, HTML, "", ETag=f'"{tag}"')
            else:
                self._answer(HTTPStatus.OK, HTML, render_content(content), ETag=f'"{tag}"')
        elif path == "plotly.js":
            from plotly.offline import get_plotlyjs

            self._answer(HTTPStatus.OK, SCRIPT, get_plotlyjs())
        elif config := self.server.report.config(path):
            self._answer(HTTPStatus.OK, TEXT, config.read_text(encoding="utf-8", errors="replace"))
        else:
            self._answer(HTTPStatus.NOT_FOUND, TEXT, "There is no such page.")

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing: a page asks every other second."""

    def _answer(self, status: HTTPStatus, kind: str, text: str, **headers: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)


def _is_local_name(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
