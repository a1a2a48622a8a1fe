"""Write the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from spectral_exp.report.collect import CollectedRun
from spectral_exp.report.comparison import Comparison
from spectral_exp.report.page.chart import DARK, script_json
from spectral_exp.report.page.comparison_content import build_comparison_content
from spectral_exp.report.page.content import Content, build_content
from spectral_exp.tracking.run_folder import write_whole

_TEMPLATES = Path(__file__).parent / "template"


def write_page(path: Path, runs: list[CollectedRun], out: Path) -> Content:
    """Write one self-contained HTML file: script, style, figures and tables are inside.

    Args:
        path: what the page is about.
        runs: the runs in it.
        out: the file.

    Returns:
        What is on the page.
    """
    return _write(build_content(path, runs, out.parent), out)


def write_comparison_page(comparison: Comparison, out: Path) -> Content:
    """Write the page of a comparison of methods.

    Args:
        comparison: the comparison.
        out: the file.

    Returns:
        What is on the page.
    """
    return _write(build_comparison_content(comparison), out)


def _write(content: Content, out: Path) -> Content:
    text = render(content)
    write_whole(out, lambda beside: beside.write_text(text, encoding="utf-8"))
    return content


def render(content: Content, tag: str | None = None) -> str:
    """Turn the content into HTML.

    Names come from users' files: the template escapes every one of them.

    Args:
        content: what the page says.
        tag: None for a page that is a file, with all scripts inside. Else the page asks its server for plotly, and
            again and again for another content than that with this tag.

    Returns:
        The page.
    """
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    live = None if tag is None else {"tag": tag, "script": Markup(_read("live.js"))}
    return _render(
        "page.html",
        content,
        style=Markup(_read("page.css")),
        script=Markup(_read("page.js")),
        plotly=Markup(get_plotlyjs()) if live is None else "",
        dark=script_json(DARK),
        live=live,
    )


def render_content(content: Content) -> str:
    """Turn the content into that part of the HTML that changes with the files.

    Args:
        content: what the page says.

    Returns:
        Heading, sections, figures and tables.
    """
    return _render("content.html", content)


def _render(template: str, content: Content, **values: Any) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(page=content, **values)


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
