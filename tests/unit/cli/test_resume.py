import json

import pytest

from spectral_exp.cli.resume import resume_arguments
from spectral_exp.errors import UserError


@pytest.fixture
def run_folder(tmp_path):
    def make(*overrides):
        (tmp_path / "config.yaml").write_text("{}")
        (tmp_path / "status.json").write_text(json.dumps({"overrides": list(overrides)}))
        return tmp_path

    return make


def test_earlier_overrides_come_first_so_that_new_ones_win(run_folder):
    folder = run_folder("seed=3", "trainer.max_epochs=5", "resume=elsewhere")
    arguments = resume_arguments(["--config-dir", "own", f"resume={folder}", "trainer.max_epochs=9"])
    assert arguments == [
        *("--config-dir", "own", "seed=3", "trainer.max_epochs=5", "trainer.max_epochs=9"),
        *(f"resume='{folder}'", f"hydra.run.dir='{folder}'"),
    ]


def test_without_resume_nothing_changes():
    assert resume_arguments(["seed=1", "resume=null"]) == ["seed=1", "resume=null"]


@pytest.mark.parametrize("planted", ["+hydra.callbacks.x={_target_:os.getcwd}", "--config-dir=evil", "hydra.run.dir=x"])
def test_what_no_run_writes_into_its_status_is_refused(run_folder, planted):
    with pytest.raises(UserError, match="no setting of a run"):
        resume_arguments([f"resume={run_folder('seed=1', planted)}"])


def test_a_sweep_cannot_be_resumed_as_one_run(run_folder):
    with pytest.raises(UserError, match="leave out -m"):
        resume_arguments([f"resume={run_folder('seed=1')}", "-m"])
