"""Write the page."""

from __future__ import annotations

from pathlib import Path

from spectral_exp.report.collect import CollectedRun
from spectral_exp.report.comparison import Comparison
from spectral_exp.report.page.chart import DARK, script_json
from spectral_exp.report.page.comparison_content import build_comparison_content
from spectral_exp.report.page.content import Content, build_content
from spectral_exp.tracking.run_folder import write_whole


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


def render(content: Content) -> str:
    """Turn the content into HTML.

    Names come from users' files: the template escapes every one of them.

    Args:
        content: what the page says.

    Returns:
        The page.
    """
    from importlib.resources import files

    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    folder = files(__package__) / "template"
    environment = Environment(
        loader=FileSystemLoader(str(folder)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(
        page=content,
        style=Markup((folder / "page.css").read_text(encoding="utf-8")),
        script=Markup((folder / "page.js").read_text(encoding="utf-8")),
        plotly=Markup(get_plotlyjs()),
        dark=script_json(DARK),
    )
