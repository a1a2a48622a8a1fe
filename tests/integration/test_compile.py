import json

import pytest

from spectral_exp.training import checks

COMPILED = ("experiment=quickstart", "trainer.max_epochs=2", "compile=true", "trainer=cpu")


def test_a_machine_without_a_compiler_is_told_so(train, monkeypatch):
    monkeypatch.setattr(checks.shutil, "which", lambda name: None)

    answer = train(*COMPILED)

    assert answer.code == 2
    assert answer.error.endswith("compile=true needs a C++ compiler (g++ or clang++), and there is none on the PATH")


def test_a_path_is_not_compiled(train):
    answer = train(*COMPILED, "regularization=path", "regularization.n_final=10")

    assert answer.code == 2
    assert "compile=true would compile anew when inputs leave" in answer.error


@pytest.mark.slow
def test_a_compiled_run_learns_what_a_plain_one_does(train, tmp_path):
    plain = train(*COMPILED[:2], "trainer=cpu", "hydra.run.dir=plain")
    compiled = train(*COMPILED, "hydra.run.dir=compiled")

    assert (plain.code, compiled.code) == (0, 0)
    accuracy = [
        json.loads((tmp_path / name / "metrics.json").read_text())["test/accuracy"] for name in ("plain", "compiled")
    ]
    assert accuracy[0] == pytest.approx(accuracy[1], abs=0.02)
