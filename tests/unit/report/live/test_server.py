"""The server of the live page, asked over the wire."""

import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from spectral_exp.cli.report import main
from spectral_exp.report.live.live_report import LiveReport
from spectral_exp.report.live.server import ReportServer
from spectral_exp.tracking.run_folder import STATUS

Ask = Callable[..., HTTPResponse]


@pytest.fixture
def ask(run_folder: Path) -> Iterator[Ask]:
    """Ask the server of a run for a path."""
    (run_folder / "config.yaml").write_text("seed: 0\n", encoding="utf-8")
    with ReportServer(LiveReport(run_folder), "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        connection = HTTPConnection("127.0.0.1", server.server_port, timeout=10)

        def ask(path: str, **headers: str) -> HTTPResponse:
            connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            answer.text = answer.read().decode()
            return answer

        yield ask
        connection.close()
        server.shutdown()
        thread.join()


def test_the_page_asks_its_server_alone(ask: Ask) -> None:
    page = ask("/")
    assert page.status == 200
    assert "connect-src 'self'" in page.text and "http" not in page.text.partition("Content-Security-Policy")[2][:300]
    assert '<script src="plotly.js">' in page.text
    assert len(page.text) < 300_000
    assert ask("/plotly.js").text.startswith("/**")


def test_what_has_not_changed_is_not_sent_again(ask: Ask, run_folder: Path) -> None:
    first = ask("/content")
    tag = first.headers["ETag"]
    assert f"data-tag='{tag}'" in ask("/").text
    assert first.text.startswith("<header>") or "<h1>" in first.text
    assert "<html" not in first.text
    again = ask("/content", If_None_Match=tag)
    assert (again.status, again.text) == (304, "")
    (run_folder / STATUS).write_text('{"state": "failed", "error": "RuntimeError: <b>", "overrides": []}')
    changed = ask("/content", If_None_Match=tag)
    assert changed.status == 200
    assert "RuntimeError: &lt;b&gt;" in changed.text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", ""])
def test_a_page_from_elsewhere_cannot_read_it_under_another_name(ask: Ask, host: str) -> None:
    assert ask("/content", Host=host).status == 403


@pytest.mark.parametrize("host", ["localhost:8750", "127.0.0.1", "[::1]:8750"])
def test_this_machine_reads_it_under_its_own_names(ask: Ask, host: str) -> None:
    assert ask("/content", Host=host).status == 200


@pytest.mark.parametrize("path", ["/status.json", "/../run/status.json", "/%2e%2e/run/config.yaml", "//etc/passwd"])
def test_nothing_else_can_be_asked_for(ask: Ask, path: str) -> None:
    assert ask(path).status == 404


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "--serve"], "nowhere is no folder; give the folder of a run or of a sweep, such as outputs"),
        ([".", "--serve", "--port", "70000"], "127.0.0.1:70000 cannot be had (no such port)"),
        ([".", "--serve", "--host", "no.such.host.invalid"], "no.such.host.invalid:8750 cannot be had"),
        ([".", "--serve", "--out", "page.html"], "--serve shows a page and writes nothing"),
    ],
)
def test_a_wrong_command_line_is_refused_in_one_line(arguments, message, capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        code = main(arguments)
    except SystemExit as leaving:
        code = leaving.code
    assert code == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


def test_a_port_in_use_is_named(run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ReportServer(LiveReport(run_folder), "127.0.0.1", 0) as server:
        assert main([str(run_folder), "--serve", "--port", str(server.server_port)]) == 2
    assert f"127.0.0.1:{server.server_port} cannot be had (Address already in use)" in capsys.readouterr().err
