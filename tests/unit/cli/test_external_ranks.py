import pytest

from spectral_exp.cli.external_ranks import SILENT, rank_arguments
from spectral_exp.errors import UserError

TORCHRUN = {"TORCHELASTIC_RUN_ID": "night", "WORLD_SIZE": "4", "RANK": "0"}
SRUN = {"SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1", "SLURM_JOB_ID": "17", "SLURM_STEP_ID": "0"}


@pytest.mark.parametrize("environment", [{}, TORCHRUN | {"WORLD_SIZE": "1"}, SRUN | {"SLURM_STEP_NUM_TASKS": "1"}])
def test_a_process_alone_is_asked_for_what_was_typed(environment):
    assert rank_arguments(["seed=1"], environment) == ["seed=1"]


def test_all_processes_name_the_same_folder_and_all_but_the_first_are_silent():
    folder = "hydra.run.dir=${outputs}/runs/${name}/torchrun_night"
    assert rank_arguments(["seed=1"], TORCHRUN) == ["seed=1", folder]
    assert rank_arguments(["seed=1"], TORCHRUN | {"RANK": "3"}) == ["seed=1", folder, *SILENT]
    assert rank_arguments([], SRUN) == ["hydra.run.dir=${outputs}/runs/${name}/slurm_17_0", *SILENT]


def test_a_folder_that_was_typed_stays():
    assert rank_arguments(["hydra.run.dir=mine"], TORCHRUN | {"TORCHELASTIC_RUN_ID": "none"}) == ["hydra.run.dir=mine"]


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["-m", "seed=1,2"], SRUN, "a sweep starts its jobs itself"),
        (["seed=1"], TORCHRUN | {"TORCHELASTIC_RUN_ID": "none"}, "--rdzv-id=NAME"),
    ],
)
def test_what_cannot_be_one_run_is_refused(arguments, environment, message):
    with pytest.raises(UserError, match=message):
        rank_arguments(arguments, environment)
