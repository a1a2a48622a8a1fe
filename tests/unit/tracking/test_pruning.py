import csv
import json
from types import SimpleNamespace

import pytest
import torch

from spectral_exp.errors import PrunedError
from spectral_exp.tracking.pruning import Pruning


@pytest.fixture
def finished(tmp_path):
    """Write a finished run of ten epochs with the same values in all of them."""

    def finished(name, n_selected, **score):
        (tmp_path / name).mkdir()
        with (tmp_path / name / "metrics.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            metric, value = next(iter(score.items()))
            rows.writerow(["epoch", "step", f"val/{metric}", "spectral/n_selected"])
            rows.writerows([epoch, 10 * epoch, value, n_selected] for epoch in range(10))
        (tmp_path / name / "metrics.json").write_text(json.dumps({}))

    return finished


def end_epoch(pruning, epoch=7, n_selected=20, **score):
    metric, value = next(iter(score.items()))
    metrics = {f"val/{metric}": torch.tensor(value), "spectral/n_selected": torch.tensor(float(n_selected))}
    strategy = SimpleNamespace(reduce_boolean_decision=lambda decision, all: decision)
    trainer = SimpleNamespace(
        current_epoch=epoch, max_epochs=10, callback_metrics=metrics, is_global_zero=True, strategy=strategy
    )
    pruning.on_train_epoch_end(trainer, None)


def test_a_run_that_enough_others_beat_in_both_respects_is_stopped(tmp_path, finished):
    finished("0", n_selected=10, accuracy=0.9)
    finished("1", n_selected=20, accuracy=0.8)
    pruning = Pruning(str(tmp_path), start=0.5, n_better=2)
    end_epoch(pruning, n_selected=20, accuracy=0.85)
    end_epoch(pruning, n_selected=15, accuracy=0.75)
    end_epoch(pruning, epoch=3, n_selected=20, accuracy=0.75)  # too early
    with pytest.raises(PrunedError, match="after epoch 8: 2 runs kept no more inputs and scored better"):
        end_epoch(pruning, n_selected=20, accuracy=0.75)


def test_of_an_error_less_is_better(tmp_path, finished):
    finished("0", n_selected=10, mae=0.1)
    pruning = Pruning(str(tmp_path), start=0, n_better=1)
    end_epoch(pruning, n_selected=20, mae=0.05)
    with pytest.raises(PrunedError):
        end_epoch(pruning, n_selected=20, mae=0.2)


def test_runs_that_are_not_finished_or_were_shorter_do_not_count(tmp_path, finished):
    finished("0", n_selected=10, accuracy=0.9)
    finished("1", n_selected=10, accuracy=0.9)
    (tmp_path / "0/metrics.json").unlink()
    pruning = Pruning(str(tmp_path), start=0, n_better=1)
    lines = (tmp_path / "1/metrics.csv").read_text().splitlines(keepends=True)
    (tmp_path / "1/metrics.csv").write_text("".join(lines[:5]))
    end_epoch(pruning, n_selected=20, accuracy=0.1)


@pytest.mark.parametrize(("start", "n_better", "message"), [(1.5, 1, r"in \[0, 1\], got 1.5"), (0.5, 0, ">= 1, got 0")])
def test_what_makes_no_sense_is_refused(start, n_better, message):
    with pytest.raises(ValueError, match=message):
        Pruning("sweep", start, n_better)
