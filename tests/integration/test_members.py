"""Promises of runs that are trained as one batch of networks: nobody can tell them from runs that were alone."""

import json
from itertools import product

import numpy as np
import pandas as pd
import pytest
import torch

from spectral_exp.cli.compose import compose_config
from spectral_exp.load import load_run
from spectral_exp.members.fit import BatchTraining
from spectral_exp.members.recorded import Recorded, _Recording
from spectral_exp.members.train import JobBatches, Packing
from spectral_exp.run import run
from spectral_exp.sweep.job import Job

QUICK = ("experiment=quickstart", "trainer.max_epochs=2")
KINDS = {
    "path": ("regularization=path", "regularization.n_final=10", "refit.epochs=1"),
    "basis": ("regularization=path", "model/basis=[identity,square]"),
    "clipped": (
        *("model.gauge=unit", "regularization=l1_l1", "optimizer=sgd", "optimizer.lr=0.05", "lr_schedule=cosine"),
        *("+trainer.gradient_clip_val=0.1", "tracking=log_steps"),
    ),
    "stopped": (
        *("trainer.max_epochs=8", "optimizer.lr=0.03", "callbacks=early_stopping"),
        *("callbacks.early_stopping.patience=1", "final_weights=best"),
    ),
    "grouped": ("keep=[pixel_3_4]", "groups={left: 'pixel_*_0'}", "regularization=l2_l2"),
    "dense": ("model=dense_mlp", "regularization.strength=0"),
    "dropout": ("model.dropout=0.3", "optimizer=adamw"),
    "hidden": ("model.input_dropout=0.3", "model.dropout=0.1", "regularization=path"),
    "side_by_side": ("model.n_nets=3", "regularization=path", "regularization.n_final=10", "refit.epochs=1"),
}
SLOW = ("basis", "clipped", "stopped", "grouped", "dense", "hidden", "side_by_side")
# Sums in another order move what batch norms divide by further than float precision, and more so with every step.
LOOSE = {"norms": ("model.batch_norm=true",), "cnn": ("model=spectral_cnn", "model.channels=[8,16]")}


def train_members(folder, jobs, common, memory=2**30, is_shared=False):
    """Train jobs, given by what each is asked for beside what all are, and give their ends."""
    configs = [compose_config([*common, *own]) for own in jobs]
    ends = {}
    opened = [Job(number, tuple(own), folder / str(number)) for number, own in enumerate(jobs)]
    packing = Packing(memory, is_shared, has_figures=False)
    JobBatches(list(zip(opened, configs, strict=True)), packing, lambda job: None, ends.__setitem__).run()
    return [ends[job] for job in opened]


def assert_same(folder, alone, tolerance):
    one, other = load_run(folder), load_run(alone)
    pd.testing.assert_frame_equal(one.ranking, other.ranking, atol=tolerance, rtol=100 * tolerance)
    assert (one.trace.step == other.trace.step).all() and (one.trace.mask == other.trace.mask).all()
    np.testing.assert_allclose(one.trace.eigenvalues, other.trace.eigenvalues, atol=10 * tolerance)
    history, expected = (pd.read_csv(one / "metrics.csv").drop(columns="seconds") for one in (folder, alone))
    pd.testing.assert_frame_equal(history, expected, atol=10 * tolerance, rtol=tolerance)
    metrics, wanted = (json.loads((one / "metrics.json").read_text()) for one in (folder, alone))
    assert metrics.keys() == wanted.keys() and metrics["steps"] == wanted["steps"]
    assert {path.name for path in alone.iterdir()} <= {path.name for path in folder.iterdir()}


def shapes(content):
    if isinstance(content, dict):
        return {str(key).rpartition("/")[2]: shapes(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [shapes(value) for value in content]
    if torch.is_tensor(content):
        return content.shape
    return content if isinstance(content, (int, bool)) else type(content)


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=[pytest.mark.slow] * (kind in SLOW)) for kind in KINDS])
def test_a_member_is_as_if_it_had_been_alone(tmp_path, kind):
    common = (*QUICK, *KINDS[kind])
    jobs = [("seed=4", "optimizer.lr=0.02"), ("seed=5",)]
    ends = train_members(tmp_path, jobs, common)
    assert [end.state for end in ends] == ["done"] * 2
    run(compose_config([*common, *jobs[1]]), tmp_path / "alone")
    assert_same(tmp_path / "1", tmp_path / "alone", 1e-5 if kind == "stopped" else 2e-6)
    for name in ("last", "best"):
        member, alone = (
            torch.load(tmp_path / folder / "checkpoints" / f"{name}.ckpt", weights_only=True)
            for folder in ("1", "alone")
        )
        assert shapes(member) == shapes(alone), "whoever goes on finds what Lightning would have left"


@pytest.mark.slow
@pytest.mark.parametrize("kind", LOOSE)
def test_nets_with_batch_norm_and_convolutions_can_be_members(tmp_path, kind):
    common = (*QUICK, *LOOSE[kind], "tracking=log_steps")
    ends = train_members(tmp_path, [("seed=4",), ("seed=5",)], common)
    assert [end.state for end in ends] == ["done"] * 2
    run(compose_config([*common, "seed=5"]), tmp_path / "alone")
    one, other = load_run(tmp_path / "1"), load_run(tmp_path / "alone")
    assert (one.trace.step == other.trace.step).all()
    np.testing.assert_allclose(one.trace.eigenvalues[:6], other.trace.eigenvalues[:6], atol=1e-5)
    np.testing.assert_allclose(one.trace.eigenvalues, other.trace.eigenvalues, atol=0.05)


def test_an_interrupted_batch_goes_on_where_it_was_saved(tmp_path, monkeypatch):
    common = (*QUICK, "model.dropout=0.2", "regularization=path", "trainer.max_epochs=4")
    jobs = [("seed=0",), ("seed=1",)]
    train_members(tmp_path / "undisturbed", jobs, common)
    monkeypatch.setattr("spectral_exp.members.fit.SECONDS_BETWEEN_SAVES", 0.0)
    train_epoch = BatchTraining._train_epoch
    epochs = iter(range(2))

    def interrupted(self):
        if next(epochs, None) is None:
            raise KeyboardInterrupt
        train_epoch(self)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(BatchTraining, "_train_epoch", interrupted)
        train_members(tmp_path / "disturbed", jobs, common)
    status = json.loads((tmp_path / "disturbed" / "0" / "status.json").read_text())
    assert status["state"] == "interrupted"
    ends = train_members(tmp_path / "disturbed", jobs, common)
    assert [end.state for end in ends] == ["done", "done"]
    for job in ("0", "1"):
        assert_same(tmp_path / "disturbed" / job, tmp_path / "undisturbed" / job, 0.0)


def test_a_member_that_diverges_leaves_the_others_alone(tmp_path):
    ends = train_members(tmp_path, [("seed=0",), ("seed=1", "optimizer.lr=1e30")], QUICK)
    assert [end.state for end in ends] == ["done", "failed"]
    assert "NaN or infinite at step" in (ends[1].error or "")
    assert json.loads((tmp_path / "1" / "status.json").read_text())["state"] == "failed"


@pytest.mark.parametrize(("memory", "expected"), [(1, [1, 1]), (2**21, [2])])
def test_what_memory_does_not_hold_waits(tmp_path, memory, expected, monkeypatch):
    sizes = []
    train_all = BatchTraining.train
    monkeypatch.setattr(BatchTraining, "train", lambda self: sizes.append(len(self.members)) or train_all(self))
    jobs = [(f"regularization.strength={strength}",) for strength in (0.1, 0.2)]
    ends = train_members(tmp_path, jobs, (*QUICK, "trainer.max_epochs=1"), memory)
    assert [end.state for end in ends] == ["done"] * 2
    assert sizes == expected


@pytest.mark.slow
def test_one_order_for_all(tmp_path):
    common = (*QUICK, "trainer.max_epochs=3", "dataset.seed=0", "regularization=path", "regularization.n_final=5")
    jobs = [("seed=0", "optimizer.lr=0.02"), ("seed=0", "optimizer.lr=0.005"), ("seed=1",)]
    ends = train_members(tmp_path, jobs, common, is_shared=True)
    assert [end.state for end in ends] == ["done"] * 3
    for number in (0, 1):  # the order of the third would be another one
        run(compose_config([*common, *jobs[number]]), tmp_path / f"alone_{number}")
        assert_same(tmp_path / str(number), tmp_path / f"alone_{number}", 2e-6)


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        (("regularization=group", "model.gauge=unit"), "regularization=group"),
        pytest.param(
            ("+trainer.accumulate_grad_batches=2",), "trainer.accumulate_grad_batches", marks=pytest.mark.slow
        ),
        pytest.param(
            ("model=spectral_head", "regularization=path"),
            "regularization=path behind a backbone",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ("regularization=path", "keep=[pixel_3_4]"),
            "regularization=path with groups or keep",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_what_cannot_be_batched_is_trained_by_itself(tmp_path, overrides, reason, caplog):
    with caplog.at_level("INFO"):
        ends = train_members(tmp_path, [("seed=0",)], (*QUICK, *overrides))
    assert [end.state for end in ends] == ["done"]
    assert f"job 0 is trained by itself: {reason}" in caplog.text


def test_the_command_line_gives_every_member_the_folder_of_a_job(train, tmp_path):
    answer = train("members.strength=[1e-3,1e-2]", "members.seed=2", *QUICK, "hydra.launcher.figures=false")
    assert answer.code == 0, answer.err
    (sweep,) = (tmp_path / "outputs" / "sweeps" / "quickstart").iterdir()
    table = pd.read_csv(sweep / "sweep.csv")
    assert list(table["state"]) == ["done"] * 4
    assert [tuple(row) for row in table[["regularization.strength", "seed"]].to_numpy()] == [
        (strength, seed) for strength, seed in product((1e-3, 1e-2), (0, 1))
    ]
    member = load_run(sweep / "3").config
    assert member == compose_config([*QUICK, "regularization.strength=1e-2", "seed=1"])


@pytest.mark.slow
@pytest.mark.usefixtures("without_key")
def test_every_member_has_dashboards_of_its_own(train, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    answer = train("members=2", *QUICK, "logger=many", "hydra.launcher.figures=false")
    assert answer.code == 0 and "Training 2 networks as one" in answer.err
    (sweep,) = (tmp_path / "outputs" / "sweeps" / "quickstart").iterdir()
    for member in ("0", "1"):
        events = EventAccumulator(str(sweep / member / "tensorboard"), size_guidance={"tensors": 0}).Reload()
        history = pd.read_csv(sweep / member / "metrics.csv")
        logged = [event.value for event in events.Scalars("val/accuracy")]
        np.testing.assert_allclose(logged[: len(history)], history["val/accuracy"], rtol=1e-6)
        assert len(list((sweep / member / "wandb").glob("offline-run-*/*.wandb"))) == 1


@pytest.mark.slow
def test_jobs_are_configured_as_hydra_would(train, tmp_path):
    asked = ("refit={epochs: 1},{epochs: 2}", "regularization=l1,l2_l2")
    answer = train(
        "-m", "hydra/launcher=members", *QUICK, "hydra.launcher.figures=false", "trainer.max_epochs=1", *asked
    )
    assert answer.code == 0, answer.err
    (sweep,) = (tmp_path / "outputs" / "sweeps" / "quickstart").iterdir()
    for job, (refit, option) in enumerate(product(("{epochs: 1}", "{epochs: 2}"), ("l1", "l2_l2"))):
        wanted = [*QUICK, "trainer.max_epochs=1", f"refit={refit}", f"regularization={option}"]
        assert load_run(sweep / str(job)).config == compose_config(wanted)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("kind", ["path", "dropout", "norms", "cnn"])
def test_steps_that_a_gpu_recorded_are_as_others(tmp_path, monkeypatch, kind):
    n_replayed = []
    replay = _Recording.replay
    monkeypatch.setattr(_Recording, "replay", lambda *about: n_replayed.append(1) or replay(*about))
    common = (*QUICK, "trainer=gpu", "trainer.max_epochs=4", "tracking=log_steps", *{**KINDS, **LOOSE}[kind])
    for name, n_calls in (("stepwise", 10**9), ("recorded", 3)):
        assert not n_replayed
        monkeypatch.setattr("spectral_exp.members.recorded.CALLS_BEFORE_RECORDING", n_calls)
        ends = train_members(tmp_path / name, [("seed=4",), ("seed=5",)], common)
        assert [end.state for end in ends] == ["done"] * 2, ends
    assert n_replayed
    n_alike = 6 if kind in LOOSE else None
    for job in ("0", "1"):
        one, other = (load_run(tmp_path / name / job).trace for name in ("recorded", "stepwise"))
        assert one.step[:6].max() > 3
        np.testing.assert_allclose(one.eigenvalues[:n_alike], other.eigenvalues[:n_alike], atol=1e-4)


def test_what_cannot_be_recorded_is_computed(monkeypatch, caplog):
    class OnGpu(torch.Tensor):
        device = torch.device("cuda")

    monkeypatch.setattr(_Recording, "__init__", lambda *about: (_ for _ in ()).throw(RuntimeError("asks for a value")))
    caplog.set_level("INFO", "spectral_exp")
    recorded, number = Recorded(), torch.ones(2).as_subclass(OnGpu)
    for _ in range(30):
        assert recorded(lambda one: [one + 1], [number])[0].tolist() == [2, 2]
    assert caplog.text.count("asks for a value") == 1
