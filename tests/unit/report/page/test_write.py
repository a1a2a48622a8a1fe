import json
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from spectral_exp.report.collect import collect
from spectral_exp.report.page.write import write_page
from spectral_exp.tracking.run_folder import DATASET, METRICS, RANKING, STATUS, TRACE

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{7*7}}"


class Outline(HTMLParser):
    """The elements of a page, without what stands in scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside not in ("script", "style"):
            self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page_of(folder: Path) -> str:
    out = folder / "report.html"
    write_page(folder, collect(folder), out)
    return out.read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def without_plotly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five megabytes of script that no test here runs."""
    monkeypatch.setattr("plotly.offline.get_plotlyjs", lambda: "")


@pytest.fixture
def sweep(tmp_path: Path, make_run: Callable[..., Path]) -> Path:
    folder = tmp_path / "sweep"
    for job in range(4):
        overrides = [f"seed={job % 2}", f"size={'tiny' if job < 2 else 'small'}"]
        run = make_run(folder / str(job), overrides=overrides)
        metrics = json.loads((run / METRICS).read_text(encoding="utf-8"))
        (run / METRICS).write_text(json.dumps({**metrics, "seed": job % 2}), encoding="utf-8")
        (run / "config.yaml").write_text(f"seed: {job % 2}\n", encoding="utf-8")
    failed = make_run(folder / "4", state="failed", error="RuntimeError: no memory\nTraceback", overrides=["seed=9"])
    (failed / METRICS).unlink()
    return folder


def test_a_run_has_its_answer_figures_table_and_command(make_run: Callable[..., Path], tmp_path: Path) -> None:
    page = page_of(make_run(tmp_path / "run", overrides=["dataset=people", "name=it's"]))
    outline = Outline(page)
    assert "2 of 4 inputs give a test accuracy of 0.950." in outline.text
    assert """spectral-train dataset=people 'name=it'"'"'s'""" in outline.text
    charts = [one["id"] for one in outline.of("div") if one.get("class") == "chart"]
    assert charts == ["run-eigenvalues", "run-moment", "run-relevance", "run-image", "run-curve", "run-training"]
    assert outline.text.index("_private") < outline.text.rindex("[red]height")


def test_inputs_of_a_group_share_a_line_and_a_bar(make_run: Callable[..., Path], tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    dataset = json.loads((run / DATASET).read_text(encoding="utf-8"))
    groups = ["body", "income in $", "_private", "body"]
    (run / DATASET).write_text(json.dumps({**dataset, "shape": [4], "groups": groups}), encoding="utf-8")
    stored = dict(re.findall(r'data-chart="run-(\w+)">(.*?)</script>', page_of(run), re.DOTALL))
    for key in ("eigenvalues", "moment", "relevance"):
        assert "body (2 inputs)" in stored[key] and "[red]" not in stored[key], key


def test_a_sweep_has_every_part_and_shows_its_failure(sweep: Path) -> None:
    page = page_of(sweep)
    outline = Outline(page)
    charts = [str(one["id"]) for one in outline.of("div") if one.get("class") == "chart"]
    assert {"d0-pareto", "d0-parallel", "d0-selection", "d0-image", "d0-run-eigenvalues"} <= set(charts)
    assert "Run 4 failed: RuntimeError: no memory" in outline.text
    assert "Traceback" not in outline.text
    assert "4 done, 1 failed." in outline.text
    assert [one["class"] for one in outline.of("tr") if one.get("class")] == ["bad"]
    assert [one["href"] for one in outline.of("a") if "config" in str(one["href"])] == [
        f"./{job}/config.yaml" for job in range(4)
    ]


def test_a_run_alone_is_compared_with_nothing(sweep: Path) -> None:
    for job in ("1", "2", "3"):
        shutil.rmtree(sweep / job)
    charts = [str(one["id"]) for one in Outline(page_of(sweep)).of("div") if one.get("class") == "chart"]
    assert "d0-run-eigenvalues" in charts
    assert not {"d0-pareto", "d0-selection", "d0-image"} & set(charts)


def test_runs_that_have_not_ended_are_shown_as_far_as_they_are(sweep: Path) -> None:
    for job in ("1", "2"):
        status = json.loads((sweep / job / STATUS).read_text(encoding="utf-8"))
        (sweep / job / STATUS).write_text(json.dumps({**status, "state": "running"}), encoding="utf-8")
    (sweep / "2" / RANKING).unlink()
    outline = Outline(page_of(sweep))
    charts = {str(one["id"]): str(one["aria-label"]) for one in outline.of("div") if one.get("class") == "chart"}
    for job in ("1", "2"):  # the ranking of job 1 is of an earlier end: it is not shown
        assert f"not ended: run {job}" in outline.text
        assert "validation loss 0.4" in charts[f"run-{job}-training"]
        assert "from step 0 to 30; the largest by name" in charts[f"run-{job}-eigenvalues"]
        assert f"run-{job}-relevance" not in charts


def test_error_bars_end_where_the_score_does(sweep: Path) -> None:
    for job, score in enumerate((0.5, 0.99, 0.6, 0.98)):
        path = sweep / str(job) / "masking_curve.csv"
        path.write_text(re.sub(r"(?m)^(\d+),.*$", rf"\1,{score}", path.read_text(encoding="utf-8")), encoding="utf-8")
    stored = re.findall(r'data-chart="d0-pareto">(.*?)</script>', page_of(sweep), re.DOTALL)[0]
    with_bars = [one for one in json.loads(stored)["data"] if "error_y" in one]
    assert with_bars
    for one in with_bars:
        for value, above, below in zip(one["y"], one["error_y"]["array"], one["error_y"]["arrayminus"], strict=True):
            assert value + above == pytest.approx(1.0)
            assert value - below == pytest.approx(0.0)


def test_every_figure_has_a_label_and_whole_json(sweep: Path) -> None:
    page = page_of(sweep)
    outline = Outline(page)
    labels = {one["id"]: one["aria-label"] for one in outline.of("div") if one.get("class") == "chart"}
    stored = re.findall(r'<script type="application/json" data-chart="([^"]*)">(.*?)</script>', page, re.DOTALL)
    assert {key for key, _ in stored} == set(labels)
    for key, text in stored:
        assert json.loads(text)["data"], key
        assert len(labels[key] or "") > 40
    ids = [one["id"] for _, one in outline.tags if one.get("id")]
    assert len(ids) == len(set(ids))


def test_the_page_asks_for_nothing_from_anywhere(sweep: Path) -> None:
    outline = Outline(page_of(sweep))
    for tag, attributes in outline.tags:
        assert "src" not in attributes, tag
        assert tag != "link"
    (policy,) = [one["content"] for one in outline.of("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in str(policy)
    assert "http" not in str(policy)


def test_names_from_files_are_text_and_never_markup(make_run: Callable[..., Path], tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", overrides=[f"name={EVIL}"], git_revision=EVIL, versions={EVIL: EVIL})
    for name in (DATASET, RANKING):
        path = run / name
        text = path.read_text(encoding="utf-8")
        written = json.dumps(EVIL)[1:-1] if name == DATASET else '"' + EVIL.replace('"', '""') + '"'
        assert "_private" in text
        path.write_text(text.replace("_private", written), encoding="utf-8")
    (run / "config.yaml").write_text(EVIL, encoding="utf-8")
    page = page_of(run)
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert "<img" not in page
    outline = Outline(page)
    assert EVIL in outline.text  # as it was written, with braces that no template has evaluated
    assert not outline.of("img")


@pytest.mark.parametrize("name", [TRACE, "masking_curve.csv", "metrics.csv", DATASET, RANKING, METRICS, "config.yaml"])
@pytest.mark.parametrize("harm", ["missing", "empty", "half", "garbage"])
def test_a_half_written_run_still_has_a_page(run_folder: Path, name: str, harm: str) -> None:
    path = run_folder / name
    content = path.read_bytes() if path.exists() else b"seed: 0\nmodel: {"
    if harm == "missing":
        path.unlink(missing_ok=True)
    else:
        path.write_bytes({"empty": b"", "half": content[: len(content) // 2], "garbage": b"\xff\x00{[,,\n"}[harm])
    outline = Outline(page_of(run_folder))
    assert outline.of("h1")


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("running", "This run has not ended: it still goes on, or it was killed."),
        ("interrupted", "This run was interrupted before its end."),
        ("failed", "This run failed: RuntimeError: no memory"),
    ],
)
def test_an_unfinished_run_says_what_it_is(
    make_run: Callable[..., Path], tmp_path: Path, state: str, sentence: str
) -> None:
    run = make_run(tmp_path / "run", state=state, error="RuntimeError: no memory" if state == "failed" else None)
    for name in (METRICS, RANKING):
        (run / name).unlink()
    assert sentence in Outline(page_of(run)).text


def test_a_sweep_in_which_nothing_has_finished_says_so(tmp_path: Path, make_run: Callable[..., Path]) -> None:
    for job in range(2):
        (make_run(tmp_path / str(job), state="running") / METRICS).unlink()
    text = Outline(page_of(tmp_path)).text
    assert "No run has finished yet. 2 not ended (still going on, or killed)." in text


def test_a_status_of_other_types_stops_nothing(make_run: Callable[..., Path], tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    (run / STATUS).write_text(json.dumps({"state": "done", "overrides": 3, "versions": [1], "seconds": "x"}))
    assert "2 of 4 inputs" in Outline(page_of(run)).text


def test_the_same_runs_give_the_same_page(sweep: Path) -> None:
    assert page_of(sweep) == page_of(sweep)
