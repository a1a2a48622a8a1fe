"""Promises of runs in which several columns share an eigenvalue: a table with text columns, functions of its inputs."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from spectral_exp.errors import UserError
from spectral_exp.export.export_run import export_run
from spectral_exp.load import load_run

COLOURS = ["colour=black", "colour=blue", "colour=green", "colour=red"]
SITES = ["site=east", "site=north"]
BLOCKS = ("model/basis=[identity,square]", "model.gauge=unit", 'keep=[n0,"site=east"]')


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """The colour and the square of n3 decide; n0 to n5 are numbers."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(600, 6)), columns=[f"n{index}" for index in range(6)]).round(4)
    frame.insert(2, "colour", random.choice(["red", "blue", "green", "black"], 600))
    frame.insert(5, "site", random.choice(["north", "east"], 600))
    score = frame.colour.map({"red": 1.5, "green": -1.5}).fillna(0) + frame.n3**2 - 1
    frame["label"] = np.where(score > 0, "yes", "no")
    path = tmp_path_factory.mktemp("table") / "t.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def path_run(table, tmp_path_factory):
    from spectral_exp.cli.compose import compose_config
    from spectral_exp.run import run

    folder = tmp_path_factory.mktemp("blocks")
    overrides = [*overrides_of(table), *BLOCKS]
    run(compose_config(overrides), folder, overrides)
    return folder


def overrides_of(table):
    return [
        "dataset=tabular",
        f"dataset.path={table}",
        "dataset.target=label",
        "regularization=path",
        "regularization.n_final=8",
        "selection=nonzero",
        "size=tiny",
        "trainer=cpu",
        "trainer.max_epochs=16",
        "batch_size=32",
    ]


def test_one_hot_columns_leave_and_rank_together(run_here, table):
    folder = run_here(*overrides_of(table), "regularization.n_final=4")
    run = load_run(folder)
    ranking = run.ranking.set_index("name")
    for members in (COLOURS, SITES):
        for column in ("relevance", "selected", "dropped_at_step", "eigenvalue"):
            assert ranking.loc[members, column].nunique() == 1
        assert np.ptp(ranking.loc[members, "rank"]) == len(members) - 1
    assert 4 <= run.mask.sum() <= 7
    assert run.model.input_layer.eigenvalues.numel() == len({run.info.groups[j] for j in run.mask.nonzero()[0]})
    groups = json.loads((folder / "dataset.json").read_text())["groups"]
    assert groups == ["n0", "n1", *["colour"] * 4, "n2", "n3", "site", "site", "n4", "n5"]


def test_groups_none_lets_every_column_go_by_itself(run_here, table):
    run = load_run(run_here(*overrides_of(table), "groups=none"))
    assert run.info.groups is None and run.mask.sum() == 8
    assert run.ranking.set_index("name").loc[COLOURS, "relevance"].nunique() > 1


def test_what_is_always_kept_is_there_in_the_end_with_functions_of_the_inputs(path_run):
    run = load_run(path_run)
    kept = {run.info.feature_names[j] for j in run.mask.nonzero()[0]}
    assert kept == {"n0", "n3", *SITES, *COLOURS}, "n3 has no linear effect"
    assert run.trace.eigenvalues.shape[1] == 12 and run.trace.mask[-1].sum() == 8
    rows = torch.randn(5, 12)
    poisoned = torch.where(torch.from_numpy(run.mask), rows, float("nan"))
    assert torch.equal(run.model(poisoned), run.model(rows))
    assert run.metrics["test/accuracy"] > 0.8


@pytest.mark.parametrize("format_name", ["state_dict", "pt2"])
def test_the_slim_model_does_as_the_network(path_run, tmp_path, format_name):
    export = export_run(path_run, format_name, output=tmp_path / "slim")
    assert export.difference < 1e-5 and export.slim.n_inputs == 8 and export.n_idle == 0


def test_the_export_of_k_inputs_has_those_always_kept_and_whole_groups(path_run, tmp_path):
    few = export_run(path_run, "state_dict", k=4, output=tmp_path / "few.pt")
    names = torch.load(few.path, weights_only=True)["info"]["input_names"]
    assert {"n0", *SITES} < set(names) and len(set(COLOURS) & set(names)) in (0, 4)
    with pytest.raises(UserError, match="--k must be at least 2"):
        export_run(path_run, "state_dict", k=1)


def test_a_run_that_stops_in_the_middle_goes_on_as_if_nothing_had_happened(
    run_here, path_run, table, tmp_path, monkeypatch
):
    from spectral_exp.module.spectral_module import SpectralModule

    started = SpectralModule.on_train_epoch_start

    def stop_at_nine(self):
        if self.current_epoch == 9:
            raise KeyboardInterrupt
        started(self)

    monkeypatch.setattr(SpectralModule, "on_train_epoch_start", stop_at_nine)
    with pytest.raises(KeyboardInterrupt):
        run_here(*overrides_of(table), *BLOCKS)
    monkeypatch.undo()
    run_here(*overrides_of(table), *BLOCKS, f"resume={tmp_path / 'run'}")
    for name in ("ranking.csv", "trace.arrows", "mask.npy"):
        assert (tmp_path / "run" / name).read_bytes() == (path_run / name).read_bytes()


def test_a_plain_net_ranks_groups_together_too(run_here, table):
    folder = run_here(
        *overrides_of(table)[:3],
        "model=dense_mlp",
        "regularization=none",
        "selection=top_k",
        "selection.k=3",
        "keep=[n0]",
        "size=tiny",
        "trainer=cpu",
        "trainer.max_epochs=2",
    )
    run = load_run(folder)
    assert run.ranking.set_index("name").loc[COLOURS, "relevance"].nunique() == 1
    assert run.mask[0] and run.mask.sum() in (3, 4, 5, 6)


def test_scores_are_those_of_whole_groups_with_what_is_always_kept(run_here, table):
    folder = run_here(
        *overrides_of(table)[:3],
        "model.gauge=unit",
        "regularization=group",
        "regularization.strength=1",
        "selection=one_se",
        'keep=["site=east"]',
        "trainer=cpu",
        "trainer.max_epochs=4",
    )
    run = load_run(folder)
    curve = pd.read_csv(folder / "selection_curve.csv").set_index("n_kept")
    ranking = [run.info.feature_names[j] for j in run.ranking.feature]
    order = [*SITES, *(name for name in ranking if name not in SITES)]
    boundaries = [k for k in range(1, 13) if not ({*order[:k]} & {*COLOURS} and {*order[k:]} & {*COLOURS})]
    n_nonzero = int((run.ranking.relevance > 0).sum())
    assert n_nonzero < 12, "some are exactly zero"
    assert list(curve.index) == [k for k in boundaries if 2 <= k <= n_nonzero or k == 12]
    assert run.metrics["selection/rule"].startswith(f"{run.mask.sum()} is the smallest number of inputs")
    # What the selected inputs score is in the masking curve at their number.
    from spectral_exp.dataset.tabular import Tabular

    data = Tabular(path=str(table), target="label", seed=0).load()
    alone = torch.where(torch.from_numpy(run.mask), data.test.inputs, 0.0)
    accuracy = (run.model(alone).argmax(1) == data.test.targets).float().mean().item()
    masking = pd.read_csv(folder / "masking_curve.csv").set_index("n_kept")
    assert masking.loc[run.mask.sum(), "accuracy"] == pytest.approx(accuracy)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("keep=[n9]", "keep: no input is called 'n9'; did you mean 'n"),
        ("groups={a:[n1,colour]}", "groups.a: no input is called 'colour'; did you mean"),
        ("groups=some", "groups: must be auto, none, or names of groups with lists of inputs, got 'some'"),
    ],
)
def test_wrong_names_are_refused_in_one_line(run_here, table, override, message):
    with pytest.raises(UserError, match=message) as error:
        run_here(*overrides_of(table), override)
    assert "\n" not in str(error.value)
