"""The report's page in a real browser: Debian's Chromium, driven by Playwright."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spectral_exp.cli.report import main
from spectral_exp.tracking.run_folder import METRICS, STATUS

pytestmark = pytest.mark.browser

SLACK_OF_PIXELS = 1


@pytest.fixture(scope="module")
def sweep_page(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of four done runs and a failed one."""
    folder = tmp_path_factory.mktemp("sweep") / "digits"
    for job in range(5):
        run = folder / str(job)
        shutil.copytree(finished_run, run, ignore=shutil.ignore_patterns("checkpoints", "figures"))
        overrides = [f"seed={job % 2}", f"regularization.strength={'1e-3' if job < 2 else '3e-3'}"]
        metrics = json.loads((run / METRICS).read_text(encoding="utf-8"))
        (run / METRICS).write_text(json.dumps({**metrics, "seed": job % 2}), encoding="utf-8")
        status = json.loads((run / STATUS).read_text(encoding="utf-8"))
        failed = {"state": "failed", "error": "RuntimeError: <b>no memory</b>"} if job == 4 else {}
        (run / STATUS).write_text(json.dumps({**status, "overrides": overrides, **failed}), encoding="utf-8")
    assert main([str(folder)]) == 0
    return folder / "report.html"


@pytest.fixture(scope="module")
def run_page(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "report.html"
    assert main([str(finished_run), "--out", str(out)]) == 0
    return out


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_every_figure_is_drawn_and_nothing_is_wider_than_the_screen(
    sweep_page: Path, run_page: Path, open_page: Any, keep: Any, width: int, scheme: str
) -> None:
    for name, path in (("sweep", sweep_page), ("run", run_page)):
        page = open_page(path, width, scheme)
        sizes = page.eval_on_selector_all(
            ".chart .main-svg", "all => all.map(one => one.getBoundingClientRect().width)"
        )
        assert len(sizes) >= 5
        assert max(sizes) <= width
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= SLACK_OF_PIXELS
        ink = page.evaluate("getComputedStyle(document.querySelector('.chart .xtick text')).fill")
        is_light = np.mean([int(part) for part in ink[ink.index("(") + 1 : -1].split(",")[:3]]) > 128
        assert is_light == (scheme == "dark")
        keep(page, f"{name}_{scheme}_{width}")


def test_the_slider_moves_the_image_and_the_line(run_page: Path, open_page: Any) -> None:
    page = open_page(run_page)
    values = "Array.from(document.getElementById('run-moment').data[0].z.flat(), Number)"
    last = page.evaluate(values)
    slider = page.get_by_label("Training step")
    slider.focus()
    page.keyboard.press("Home")
    assert page.evaluate(values) == [1.0] * 64  # eigenvalues before training
    assert page.evaluate("document.getElementById('run-eigenvalues').layout.shapes[0].x0") == 0
    assert slider.get_attribute("aria-valuetext") == "step 0"
    page.keyboard.press("End")
    assert page.evaluate(values) == last != [1.0] * 64


def test_the_search_finds_an_input_by_its_name(run_page: Path, open_page: Any) -> None:
    page = open_page(run_page)
    page.get_by_label("Search inputs").fill("PIXEL_3_3")
    rows = page.locator(".table:has(input) tbody tr:visible")
    assert rows.count() == 1
    assert "pixel_3_3" in rows.first.inner_text()
    assert page.locator(".search output").inner_text() == "1 of 64"


def test_a_column_sorts_by_number_and_back_by_keyboard(run_page: Path, open_page: Any) -> None:
    page = open_page(run_page)
    table = page.locator("table.sortable").filter(has_text="eigenvalue").last
    head = table.locator("th", has_text="relevance")
    cells = table.locator("tbody tr td:nth-child(3)")
    head.locator("button").focus()
    page.keyboard.press("Enter")
    rising = [float(text.replace(",", "")) for text in cells.all_inner_texts()]
    assert rising == sorted(rising)
    assert head.get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Enter")
    assert [float(text.replace(",", "")) for text in cells.all_inner_texts()] == rising[::-1] or head.get_attribute(
        "aria-sort"
    ) == "descending"


def test_a_click_on_a_point_leads_to_its_run(sweep_page: Path, open_page: Any) -> None:
    page = open_page(sweep_page)
    point = page.locator("#d0-pareto .points path").last
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(200)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function("location.hash.startsWith('#run-')")
    link = page.locator(f"tr{page.evaluate('location.hash')} a")
    assert link.get_attribute("href").endswith("/config.yaml")
    assert (sweep_page.parent / link.get_attribute("href")).is_file()


def test_the_failed_run_is_seen_with_its_error_as_text(sweep_page: Path, open_page: Any) -> None:
    page = open_page(sweep_page)
    row = page.locator("tr.bad")
    assert row.count() == 1
    assert "RuntimeError: <b>no memory</b>" in row.inner_text()


def test_it_turns_dark_with_the_screen_and_light_on_paper(run_page: Path, open_page: Any) -> None:
    page = open_page(run_page)
    ink = "document.getElementById('run-relevance').layout.font.color"
    light = page.evaluate(ink)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"{ink} !== '{light}'")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(ink) == light


def test_it_prints(run_page: Path, open_page: Any) -> None:
    assert open_page(run_page, scheme="dark").pdf().startswith(b"%PDF")


def test_figures_become_files(sweep_page: Path) -> None:
    pytest.importorskip("kaleido", reason="pip install 'spectral_exp[figures]'")
    assert main([str(sweep_page.parent), "--figures"]) == 0
    folder = sweep_page.parent / "report_figures"
    names = {path.stem for path in folder.iterdir()}
    assert {"d0-pareto", "d0-selection", "d0-run-eigenvalues"} <= names
    for name in names:
        assert (folder / f"{name}.svg").read_text(encoding="utf-8").startswith("<svg")
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
