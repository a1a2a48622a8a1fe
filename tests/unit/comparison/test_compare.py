"""A comparison in this process: without a process for each method, but with all else."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from omegaconf import OmegaConf

from spectral_exp.attribution.random_forest import RandomForest
from spectral_exp.cli import compare as cli
from spectral_exp.cli.compare import training_overrides
from spectral_exp.cli.compose import compose_config
from spectral_exp.cli.report import main as report_main
from spectral_exp.cli.resume import resume_comparison_arguments
from spectral_exp.comparison import compare as module
from spectral_exp.comparison.compare import compare
from spectral_exp.comparison.method import rank_all_seeds
from spectral_exp.comparison.own_values import tell_own_values
from spectral_exp.errors import UserError
from spectral_exp.evaluation.judge import judge
from spectral_exp.report.comparison import ALL_INPUTS, Comparison
from spectral_exp.report.comparison_files import write_comparison
from spectral_exp.report.comparison_table import headline, markdown
from spectral_exp.settings import read_settings
from spectral_exp.training.training import load_data

DATA = ("dataset=digits", "dataset.scaling=standard", "size=tiny", "trainer=cpu", "trainer.max_epochs=1")
OWN = ("k=[3,9]", "seeds=2", "judge_epochs=2")
FOREST = "attribution.random_forest.n_trees=5"
BROKEN = "attribution.dense_norm.overrides=['model=none_such']"
METHODS = ("attribution=[random_forest,random,saliency,dense_norm]", FOREST, BROKEN)


def compare_in(folder: Path, *overrides: str) -> list[str]:
    """Compare, and give the methods that were started."""
    asked = (*DATA, *OWN, *overrides)
    shared = training_overrides(asked)
    ran = []

    def run_method(program, folder, method, settings, interrupts):
        ran.append(method)
        rank_all_seeds(folder, method, lambda more: compose_config([*shared, *more]))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "run_method", run_method)
        record = folder / "compare.json"
        again = compose_config(json.loads(record.read_text())["overrides"], "compare") if record.is_file() else None
        compare(compose_config(asked, "compare"), folder, list(asked), shared, ["unused"], again)
    return ran


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    torch.set_num_threads(1)
    place = tmp_path_factory.mktemp("comparison")
    assert compare_in(place, *METHODS) == ["net", "random_forest", "random", "saliency", "dense_norm"]
    write_comparison(Comparison(place))
    return place


def read(folder: Path, method: str, seed: int, name: str):
    return json.loads((folder / "cells" / method / f"seed_{seed}" / name).read_text())


def ranking_of(folder, method, seed):
    return pd.read_csv(folder / "cells" / method / f"seed_{seed}" / "ranking.csv")


def test_a_cell_holds_the_ranking_of_a_direct_call_and_the_judges_scores(folder):
    config = compose_config([*DATA, "seed=1"])
    data = load_data(config, read_settings(config))
    ranking = ranking_of(folder, "random_forest", 1)
    direct = RandomForest(n_trees=5).relevance(data, seed=1)
    np.testing.assert_allclose(ranking.relevance, direct[ranking.feature])
    assert ranking.relevance.is_monotonic_decreasing and ranking.name[0] == data.info.feature_names[ranking.feature[0]]
    expected = judge(data, torch.tensor(ranking.feature[:9].to_numpy()), n_epochs=2, at=[2], seed=1)
    assert read(folder, "random_forest", 1, "scores.json")["judge"]["9"] == {
        "score": expected.score[2],
        "best_score": expected.best_score,
    }


def test_what_is_there_is_kept_and_new_k_and_seeds_and_methods_are_added(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    before = read(copy, "random_forest", 0, "status.json")
    assert (
        compare_in(copy, "attribution=[random_forest]", FOREST) == []
        and read(copy, "random_forest", 0, "status.json") == before
    )
    cost = read(copy, "random_forest", 0, "cost.json")
    added = compare_in(
        copy, "attribution=[random_forest,f_test]", FOREST, "k=[3,9,20]", "seeds=[0,5]", "fractions=[0.5]"
    )
    assert added == ["net", "random_forest", "f_test"]
    assert read(copy, "random_forest", 0, "cost.json") == cost, "the ranking was kept"
    for method, seed in (("random_forest", 0), ("f_test", 5)):
        scores = read(copy, method, seed, "scores.json")
        assert set(scores["judge"]) == {"3", "9", "20"} and set(scores["retrained"]) == {"0.5"}


def test_settings_that_results_depend_on_cannot_change_in_a_folder(folder):
    with pytest.raises(UserError, match=r"random_forest.n_trees=6: \S+ holds results with \S+.n_trees=5; "):
        compare_in(folder, METHODS[0], BROKEN, "attribution.random_forest.n_trees=6")
    with pytest.raises(UserError, match=r"optimizer.lr=0.5: \S+ holds results with optimizer.lr=0.001; "):
        compare_in(folder, *METHODS, "optimizer.lr=0.5")
    with pytest.raises(UserError, match=r"callbacks.checkpoint=null: \S+ holds results with callbacks.checkpoint="):
        compare_in(folder, *METHODS, "~callbacks.checkpoint")


def test_settings_of_a_method_that_was_left_out_are_not_forgotten(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    assert compare_in(copy, "attribution=[random]") == []
    write_comparison(Comparison(copy))  # of one method too
    with pytest.raises(UserError, match=r"n_trees=500: .* holds results with attribution.random_forest.n_trees=5"):
        compare_in(copy, "attribution=[random,random_forest]")
    assert compare_in(copy, "attribution=[random,random_forest]", FOREST) == []


def test_a_folder_that_is_older_than_a_setting_goes_on_with_its_default(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    stated = OmegaConf.load(copy / "config.yaml")
    del stated.model.input_dropout, stated.attribution.random_forest.n_trees, stated.compile
    stated.data_dir, stated.optimizer.gone = "/elsewhere", 1
    OmegaConf.save(stated, copy / "config.yaml")
    with pytest.raises(UserError, match=r"model.input_dropout=0.3: \S+ holds results with model.input_dropout=0.0"):
        compare_in(copy, *METHODS, "model.input_dropout=0.3")
    assert compare_in(copy, "attribution=[random_forest,random]", FOREST) == []
    stated.batch_size = 128  # the default is another today
    OmegaConf.save(stated, copy / "config.yaml")
    with pytest.raises(UserError, match=r"batch_size=256: \S+ holds results with batch_size=128"):
        compare_in(copy, "attribution=[random]")


def test_a_method_that_fails_says_so_in_its_row_and_does_not_stop_the_others(folder):
    error = read(folder, "dense_norm", 0, "status.json")["error"]
    comparison = Comparison(folder)
    assert comparison.problem("dense_norm") == f"failed: {error}" and comparison.problem("random") == ""
    row = next(line for line in markdown(comparison).splitlines() if line.startswith("| dense_norm"))
    assert error in row and comparison.by_score[-1] == "dense_norm"
    figures = {path.stem for path in (folder / "figures").iterdir()}
    assert figures == {"score", "time", "rank_correlation", "agreement_map"}


def test_a_recipe_for_the_path_does_not_stop_methods_that_have_no_basis_and_no_path(tmp_path):
    compare_in(tmp_path, "experiment=ring_xor", "attribution=[dense_norm,spectral_group]", "seeds=1", "k=[3]")
    assert [Comparison(tmp_path).problem(method) for method in ("dense_norm", "spectral_group")] == ["", ""]


def test_a_value_on_the_command_line_is_left_out_where_a_method_has_another_part(tmp_path):
    shared = ("regularization=path", "regularization.end=0.7", "model.input_dropout=0.1")
    compare_in(tmp_path, *shared, "attribution=[spectral_path,dense_norm]", "seeds=1", "k=[3]")
    assert [Comparison(tmp_path).problem(method) for method in ("spectral_path", "dense_norm")] == ["", ""]


def own_values(*overrides: str) -> None:
    shared = training_overrides(overrides)
    tell_own_values(compose_config(overrides, "compare"), shared, lambda more: compose_config([*shared, *more]))


def test_a_value_that_no_method_takes_is_refused_with_what_to_write():
    asked = ("regularization=path", "regularization.n_final=50", "attribution=[spectral_path,dense_norm,random]")
    with pytest.raises(UserError, match=r"^regularization.n_final=50: no method takes it .* spectral_path ") as refused:
        own_values(*asked)
    written = str(refused.value).partition("'")[2].rstrip("'")
    overrides = compose_config([*asked, written], "compare").attribution.spectral_path.overrides
    assert "regularization.n_final=50" in overrides and len(overrides) == 7
    with pytest.raises(UserError, match="no method that is compared has such a penalty"):
        own_values("regularization.strength=1", "attribution=[dense_norm,random]")


def test_a_method_that_keeps_a_value_of_its_own_is_named(caplog):
    caplog.set_level("INFO")
    own_values("optimizer.lr=0.1", "regularization.strength=0.1", "attribution=[spectral_path,dense_norm,random]")
    assert caplog.messages == ["spectral_path keeps its own optimizer.lr=3.0e-3 (conf/attribution/spectral_path.yaml)"]


def test_a_setting_may_follow_the_seed_and_it_goes_on_where_it_was_started(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "run_method", lambda *_: None)
    monkeypatch.setattr(cli, "_write_results", lambda folder: None)
    asked = [
        "dataset=gaussian_independent",
        "dataset.n_rows=${seed}",
        "seeds=[300,400]",
        "attribution=[f_test]",
        "k=[3]",
    ]
    monkeypatch.setattr("sys.argv", ["spectral-compare", *asked, f"hydra.run.dir={tmp_path}"])
    monkeypatch.setenv("HYDRA_FULL_ERROR", "")
    monkeypatch.chdir(tmp_path)
    cli.main()
    assert json.loads((tmp_path / "compare.json").read_text())["training"] == [asked[0], f"++{asked[1]}"]
    monkeypatch.setattr("sys.argv", ["spectral-compare", f"resume={tmp_path}", "k=[2]"])
    monkeypatch.chdir(tmp_path.parent)
    cli.main()
    assert Path.cwd() == tmp_path, "paths of the data are seen from where it was started"
    assert json.loads((tmp_path / "compare.json").read_text())["settings"]["k"] == [2]
    monkeypatch.setattr("sys.argv", ["spectral-compare", f"resume={tmp_path}", "batch_size=8"])
    with pytest.raises(SystemExit, match="2"):
        cli.main()


def test_every_machine_that_computed_some_of_it_is_named_once(folder, tmp_path, monkeypatch):
    place = shutil.copytree(folder, tmp_path / "moved")

    def on(torch_version, *overrides):
        machine = {"python": "3.12.3", "versions": {"torch": torch_version}, "hardware": {"n_cores": 8}}
        monkeypatch.setattr(module, "describe_machine", lambda: machine)
        compare_in(place, "attribution=[random]", *overrides)
        return [one["versions"]["torch"] for one in Comparison(place).machines]

    first = Comparison(folder).machines[0]["versions"]["torch"]
    assert on("9.0") == [first], "all was there already"
    assert on("9.0", "k=[3,9,12]") == [first, "9.0"]
    assert on("9.0", "k=[3,9,12,13]") == [first, "9.0"]
    record = json.loads((place / "compare.json").read_text())
    last = record.pop("machines")[0]  # before there was a list, the last start's stood in the record itself
    (place / "compare.json").write_text(json.dumps(record | last))
    assert on("9.1", "k=[3,9,12,14]") == [first, "9.1"]


def test_what_explains_a_net_explains_that_of_its_seed_and_bears_its_cost(folder):
    net, cost = read(folder, "net", 1, "cost.json"), read(folder, "saliency", 1, "cost.json")
    assert cost["kind"] == "model" and cost["training_cpu_seconds"] == net["cpu_seconds"]
    assert cost["n_forward_rows"] > 0
    assert read(folder, "net", 0, "scores.json")["test"] != read(folder, "net", 1, "scores.json")["test"]


def test_the_tables_hold_what_the_cells_hold(folder):
    results = pd.read_csv(folder / "results.csv")
    assert list(results.columns) == ["dataset", "method", "seed", "measure", "k", "value"]
    from_parquet = pd.read_parquet(folder / "results.parquet")
    np.testing.assert_allclose(from_parquet.value, results.value)

    def value(method, seed, measure, k):
        chosen = results[(results.method == method) & (results.measure == measure) & (results.k == k)]
        return chosen[chosen.seed.isna() if seed is None else chosen.seed == seed].value.item()

    judged = read(folder, "random", 1, "scores.json")["judge"]["3"]
    assert value("random", 1, "accuracy_best", 3) == judged["best_score"]
    assert value("random", 1, "accuracy_2", 3) == judged["score"]
    everything = read(folder, "net", 0, "scores.json")
    assert value(ALL_INPUTS, 0, "accuracy_best", 64) == everything["judge"]["64"]["best_score"]
    tops = {(method, seed): set(ranking_of(folder, method, seed).feature[:9])
            for method in ("random_forest", "random") for seed in (0, 1)}  # fmt: skip
    common = len(tops["random", 0] & tops["random", 1]) / 9
    # with two selections of equal size Nogueira's measure is Kuncheva's index
    assert value("random", None, "stability", 9) == pytest.approx((common - 9 / 64) / (1 - 9 / 64))
    agreement = pd.read_csv(folder / "agreement.csv").set_index(["method", "other"])
    shared = [len(tops["random_forest", seed] & tops["random", seed]) / 9 for seed in (0, 1)]
    assert agreement.overlap_9["random_forest", "random"] == pytest.approx(np.mean(shared))


def test_its_page_tells_of_every_method_and_names_the_failure(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("plotly.offline.get_plotlyjs", lambda: "")
    assert report_main([str(folder), "--out", str(tmp_path / "page.html")]) == 0
    page = (tmp_path / "page.html").read_text()
    comparison = Comparison(folder)
    assert headline(comparison) in capsys.readouterr().out and headline(comparison) in page
    assert "none_such" in page and all(method in page for method in comparison.methods)
    for title in ("Score with the first k inputs", "Cost and score, k = 9", "Agreement of rankings", "Pixels"):
        assert title in page
    assert report_main([str(folder), "--out", str(tmp_path / "page.html"), "--tables", "csv"]) == 2


def test_going_on_repeats_what_was_asked_without_what_is_replaced(folder):
    arguments = resume_comparison_arguments([f"resume={folder}", "k=[5]", "attribution=[random]"])
    assert arguments == [
        *DATA,
        "seeds=2",
        "judge_epochs=2",
        "k=[5]",
        "attribution=[random]",
        f"hydra.run.dir='{folder}'",
    ]
    with pytest.raises(UserError, match="not the folder of a comparison"):
        resume_comparison_arguments([f"resume={folder / 'cells'}"])


def test_the_best_is_named_and_where_ours_stand(tmp_path):
    known = (
        "dataset=gaussian_independent",
        "dataset.n_rows=300",
        "attribution=[spectral_path,f_test]",
        "k=[11]",
        "seeds=1",
    )
    compare_in(tmp_path, *known)
    comparison = Comparison(tmp_path)
    precision = {
        method: read(tmp_path, method, 0, "scores.json")["truth"]["truth_average_precision"]
        for method in comparison.methods
    }
    assert precision["f_test"] > precision["spectral_path"], "one epoch is too short for a path"
    said = (
        "First by average precision against the known truth: f_test. The best of ours, spectral_path, is number 2 of 2."
    )
    assert headline(comparison) == said


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("k=[0]", r"k must be different whole numbers >= 1, got \[0\]"),
        ("k=[3,3]", r"k must be different whole numbers >= 1, got \[3, 3\]"),
        ("k=[100]", r"k=\[100\]: digits has 64 inputs"),
        ("seeds=0", "seeds: list should have at least 1 item"),
        ("seeds=[-1]", "seeds must be different whole numbers >= 0"),
        ("fractions=[1.5]", "fractions must be above 0 and below 1"),
        ("time_limit=0", "time_limit: input should be greater than 0"),
        ("attribution=[]", "attribution: no method is chosen"),
        ("attribution.random_forest.n_trees=0", "attribution.random_forest: n_trees must be at least 1, got 0"),
    ],
)
def test_values_that_cannot_work_are_refused_before_anything_is_computed(tmp_path, override, message):
    with pytest.raises(UserError, match=message):
        compare_in(tmp_path, override)
    assert not (tmp_path / "compare.json").exists()


def refused(monkeypatch, capsys, *arguments):
    """Start the program with what it refuses, and give what it says."""
    monkeypatch.setattr("sys.argv", ["spectral-compare", *arguments])
    monkeypatch.setenv("HYDRA_FULL_ERROR", "")
    with pytest.raises(SystemExit, match="2"):
        cli.main()
    return capsys.readouterr().err.strip()


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("k=5,10", "Error: k=5,10: write k=[5,10] for a list"),
        ("k=range(1,5)", "Error: k=range(1,5): one value is wanted"),
        ("dataset=digits,madelon", f"Error: dataset=digits,madelon: {cli.ONE_DATA_SET}"),
        ("-m", f"Error: -m: {cli.ONE_DATA_SET}, or write a list as k=[10,50]"),
        ("seed=3", "Error: seed=3: a comparison has several; write seeds=[3]"),
    ],
)
def test_what_would_be_a_sweep_is_refused_with_what_to_write(argument, message, monkeypatch, capsys):
    assert refused(monkeypatch, capsys, argument) == message


def test_a_refused_start_leaves_no_folder_unless_something_else_is_in_it(tmp_path, monkeypatch, capsys):
    new, used = tmp_path / "new", tmp_path / "used"
    used.mkdir()
    (used / "notes.txt").write_text("mine")
    for folder in (new, used):
        assert "digits has 64 inputs" in refused(monkeypatch, capsys, "k=[1000]", f"hydra.run.dir={folder}")
    assert not new.exists()
    assert (used / "notes.txt").read_text() == "mine"
