"""`spectral-train`: train, rank the inputs, and leave a run folder."""

import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spectral_exp.cli.config_path import config_dir, register_user_configs, version_base
from spectral_exp.cli.ending import print_help, report_error
from spectral_exp.cli.external_ranks import rank_arguments
from spectral_exp.cli.help import help_text
from spectral_exp.cli.members import members_arguments
from spectral_exp.cli.overrides import check_overrides
from spectral_exp.cli.resume import resume_arguments
from spectral_exp.cli.sweep_folder import sweep_folder, sweep_folder_arguments
from spectral_exp.errors import PrunedError, UserError
from spectral_exp.tracking.run_folder import SWEEP_RECORD, is_run_folder

if TYPE_CHECKING:
    from omegaconf import DictConfig

CONFIG_NAME = "train"


@dataclass
class Outcome:
    """What became of the run, or of the sweep.

    Attributes:
        folder: of the run, or of the last one in this process.
        error: the first one.
        sweep: folder of the sweep.
    """

    folder: Path | None = None
    error: BaseException | None = None
    sweep: Path | None = None


def main() -> None:
    """Run `spectral-train` and leave with 0, 1 (a run failed), 2 (bad input) or 130 (interrupted)."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print_help(help_text(sys.argv[1:]))
        return
    with_traceback = os.environ.get("HYDRA_FULL_ERROR") == "1"
    outcome = Outcome()
    try:
        register_user_configs()
        sys.argv[1:] = resume_arguments(members_arguments(sys.argv[1:]))
        check_overrides(sys.argv[1:], config_dir(), CONFIG_NAME)
        sys.argv[1:] = rank_arguments(sweep_folder_arguments(sys.argv[1:]))
        outcome.sweep = sweep_folder(sys.argv[1:])
        # Errors come to us instead of Hydra's own reports; the jobs of a sweep, checked here, put theirs in their logs.
        os.environ["HYDRA_FULL_ERROR"] = "1"
        _hydra_main(outcome)
    except OSError as error:
        cannot = f"{error.filename}: the run folder cannot be made ({error.strerror}); name another with outputs=FOLDER"
        outcome.error = outcome.error or (error if outcome.folder else UserError(cannot))
    except Exception as error:
        outcome.error = outcome.error or error
    except KeyboardInterrupt as error:
        outcome.error = error
    _close_sweep(outcome)
    if outcome.error is not None:
        sys.exit(report_error(outcome.error, _go_on(outcome), with_traceback))


def _hydra_main(outcome: Outcome) -> None:
    import hydra

    @hydra.main(config_path=config_dir(), config_name=CONFIG_NAME, **version_base())
    def train(config: "DictConfig") -> dict[str, Any] | None:
        from hydra.core.hydra_config import HydraConfig
        from hydra.types import RunMode

        hydra_config = HydraConfig.get()
        folder = outcome.folder = Path(hydra_config.runtime.output_dir)
        overrides = list(hydra_config.overrides.task)
        is_sweep = hydra_config.mode == RunMode.MULTIRUN
        try:
            if is_sweep and (metrics := _go_on_in_sweep(config, folder, overrides)) is not None:
                return metrics
            return _train(config, folder, overrides, is_sweep)
        except (Exception, KeyboardInterrupt) as error:
            outcome.error = outcome.error or error
            if not isinstance(error, (UserError, PrunedError)):
                (folder / "traceback.txt").write_text(traceback.format_exc(), encoding="utf-8")
            if is_sweep or isinstance(error, KeyboardInterrupt):
                raise
            return None

    train()


def _train(config: "DictConfig", folder: Path, overrides: list[str], is_sweep: bool) -> dict[str, Any]:
    from spectral_exp.report.figures import draw_figures
    from spectral_exp.report.summary import print_summary
    from spectral_exp.run import run
    from spectral_exp.tracking.status import is_first_process

    metrics = run(config, folder, overrides)
    if is_first_process():
        draw_figures(folder)
        if not is_sweep:
            print_summary(folder)
    return metrics


def _go_on_in_sweep(config: "DictConfig", folder: Path, overrides: list[str]) -> dict[str, Any] | None:
    """Go on with a job that a launcher runs a second time, such as Slurm after a preemption.

    Args:
        config: of the job; is told to go on if the job was begun.
        folder: of the job.
        overrides: what it is asked for.

    Returns:
        The metrics of a job that is finished; else None.
    """
    from spectral_exp.sweep.job import Job, can_go_on, end_before_start

    job = Job(0, tuple(overrides), folder.absolute())
    end = end_before_start(job)
    if end is None and can_go_on(job):
        config.resume = str(folder)
    return None if end is None else end.metrics


def _close_sweep(outcome: Outcome) -> None:
    """Show what became of the jobs, if any was started."""
    if outcome.sweep is None or not outcome.sweep.is_dir():
        return
    from spectral_exp.report.sweep import print_sweep, write_sweep_table

    try:
        print_sweep(outcome.sweep)
        write_sweep_table(outcome.sweep)
    except (OSError, UserError) as error:  # a full disk, or not a single job
        outcome.error = outcome.error or error


def _go_on(outcome: Outcome) -> str:
    if outcome.sweep is not None and (outcome.sweep / SWEEP_RECORD).is_file():
        return f"spectral-train -m resume={os.path.relpath(outcome.sweep)}"
    if outcome.folder is None or not is_run_folder(outcome.folder):  # stopped before there was anything to go on with
        return ""
    return f"spectral-train resume={os.path.relpath(outcome.folder)}"


if __name__ == "__main__":
    main()
