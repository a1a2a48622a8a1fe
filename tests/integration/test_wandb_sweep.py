"""The sweep that `wandb agent` drives: what the agent would run is what `spectral-train` takes."""

import itertools
from pathlib import Path

import pytest
import yaml
from wandb.sdk.launch.sweeps.utils import create_sweep_command, create_sweep_command_args

import spectral_exp
from spectral_exp.cli.config_path import config_dir
from spectral_exp.cli.overrides import check_overrides

SWEEP = yaml.safe_load((Path(spectral_exp.__file__).parents[1] / "scripts" / "wandb_sweep.yaml").read_text())
SWEEP_ID, RUN_ID = "abcd1234", "run00001"


@pytest.fixture
def agent_command(monkeypatch):
    """The command that W&B's agent makes of the values that its server has chosen, by W&B's own functions."""
    monkeypatch.setenv("WANDB_SWEEP_ID", SWEEP_ID)

    def agent_command(**chosen):
        parts = create_sweep_command_args({"args": {name: {"value": value} for name, value in chosen.items()}})
        parts["env"] = ["/usr/bin/env"]
        command = create_sweep_command([*SWEEP["command"]])
        return [word for part in command for word in (parts[part[2:-1]] if part.startswith("${") else [part])]

    return agent_command


def test_every_choice_of_the_sweep_composes(agent_command):
    ends = {name: what.get("values", [what.get("min"), what.get("max")]) for name, what in SWEEP["parameters"].items()}
    n_values = max(map(len, ends.values()))
    for chosen in itertools.islice(
        zip(*map(itertools.cycle, ends.values()), strict=True), n_values
    ):  # each at least once
        command = agent_command(**dict(zip(ends, chosen, strict=True)))
        assert command[:2] == ["/usr/bin/env", "spectral-train"]
        check_overrides(command[2:], config_dir(), "train")


@pytest.mark.usefixtures("without_key", "without_figures")
@pytest.mark.filterwarnings("ignore:Implicitly cleaning up <TemporaryDirectory:ResourceWarning")
def test_the_run_of_an_agent_is_the_sweep_s_and_has_its_metric(agent_command, train, tmp_path, monkeypatch, wandb_runs):
    monkeypatch.setenv("WANDB_RUN_ID", RUN_ID)
    first = {name: what.get("values", [what.get("min")])[0] for name, what in SWEEP["parameters"].items()}
    answer = train(*agent_command(**first)[2:], "debug=fast", f"hydra.run.dir={tmp_path / 'run'}")
    assert answer.code == 0, answer.err
    (found,) = wandb_runs(tmp_path / "run")
    assert (found["run"].run_id, found["run"].sweep_id, found["run"].run_group) == (RUN_ID, SWEEP_ID, SWEEP_ID)
    assert SWEEP["metric"]["name"] in found["values"]
