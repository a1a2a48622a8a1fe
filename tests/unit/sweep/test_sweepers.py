from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, JobStatus
from hydra.types import HydraContext
from omegaconf import open_dict, read_write

from spectral_exp.cli.config_path import config_dir, version_base
from spectral_exp.errors import UnfinishedSweepError, UserError

SWEEPS = sorted(path.stem for path in (Path(config_dir()) / "sweep").glob("*.yaml"))


class NoLauncher:
    """Takes the jobs and says that they are done, but for those with a strength of 7."""

    def __init__(self):
        self.jobs, self.first = [], []

    def launch(self, job_overrides, initial_job_idx):
        self.first.append(initial_job_idx)
        self.jobs += job_overrides
        results = []
        for overrides in job_overrides:
            result = JobReturn(overrides=overrides)
            result.status = JobStatus.FAILED if "regularization.strength=7" in overrides else JobStatus.COMPLETED
            result.return_value = {"val/accuracy": 0.5, "n_selected": 3}
            results.append(result)
        return results


@pytest.fixture
def sweep(tmp_path, monkeypatch):
    """Sweep as `spectral-train -m` would, without a job."""

    def sweep(*arguments):
        launcher = NoLauncher()
        monkeypatch.setattr(Plugins, "instantiate_launcher", lambda *_, **__: launcher)
        hydra_settings = [text for text in arguments if text.startswith("hydra")]
        groups = [text for text in arguments if text.startswith("sweep=")]
        with initialize_config_dir(config_dir(), **version_base()):
            folder = [f"hydra.sweep.dir={tmp_path}/sweep"]
            config = compose("train", [*groups, *hydra_settings, *folder], return_hydra_config=True)
            loader: ConfigLoader = GlobalHydra.instance().config_loader()
            with read_write(config), open_dict(config):
                config.hydra.runtime.output_dir = str(tmp_path)
            sweeper = Plugins.instance().instantiate_sweeper(
                hydra_context=HydraContext(config_loader=loader, callbacks=None), task_function=None, config=config
            )
            sweeper.sweep([text for text in arguments if text not in hydra_settings])
        return launcher

    return sweep


@pytest.mark.parametrize(
    ("name", "n_jobs"),
    [
        ("seeds", 5),
        ("folds", 5),
        ("strength_path", 8),
        ("size_grid", 12),
        ("schedules", 12),
        ("zip", 1),
        ("optuna_pareto", 40),
    ],
)
def test_a_sweep_file_makes_so_many_jobs_all_different(sweep, name, n_jobs):
    if name == "optuna_pareto":
        pytest.importorskip("optuna")
    assert name in SWEEPS
    jobs = sweep(f"sweep={name}").jobs
    assert len(jobs) == len({tuple(job) for job in jobs}) == n_jobs
    assert all(f"sweep={name}" in job for job in jobs)


def test_every_sweep_file_is_tried():
    assert len(SWEEPS) == 7


def test_what_is_typed_replaces_what_the_file_says(sweep):
    assert [job[0] for job in sweep("sweep=seeds", "seed=7,8").jobs] == ["seed=7", "seed=8"]


def test_zip_pairs_all_but_the_seeds(sweep):
    jobs = sweep("sweep=zip", "size=tiny,large", "regularization.strength=1,2", "seed=0,1").jobs
    assert [job[1:] for job in jobs] == [
        (size, strength, seed)
        for size, strength in (("size=tiny", "regularization.strength=1"), ("size=large", "regularization.strength=2"))
        for seed in ("seed=0", "seed=1")
    ]


def test_an_interval_is_no_grid(sweep):
    with pytest.raises(UserError, match="an interval is for a search"):
        sweep("regularization.strength=interval(0,1)")


def test_jobs_that_did_not_finish_end_the_sweep_with_their_number(sweep):
    with pytest.raises(UnfinishedSweepError, match="1 of 3 jobs did not finish"):
        sweep("regularization.strength=6,7,8")


def test_a_search_goes_on_to_a_total_number_of_trials(sweep):
    pytest.importorskip("optuna")
    first = sweep("sweep=optuna_pareto", "hydra.sweeper.n_trials=3")
    assert first.first == [0, 1, 2]
    second = sweep("sweep=optuna_pareto", "hydra.sweeper.n_trials=5")
    assert second.first == [0, 3, 4], "all earlier ones at once, for the launcher to pass over"
    assert second.jobs[:3] == first.jobs
    assert len(second.jobs) == 5
    assert len(sweep("sweep=optuna_pareto", "hydra.sweeper.n_trials=5").jobs) == 5


def test_a_number_of_trials_below_one_is_refused(sweep):
    with pytest.raises(UserError, match=r"hydra.sweeper.n_trials must be a whole number >= 1, got 0"):
        sweep("sweep=optuna_pareto", "hydra.sweeper.n_trials=0")
