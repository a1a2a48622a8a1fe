import os
import subprocess
import sys

from spectral_exp.cli.help import help_text


def test_help_teaches_the_main_uses_and_lists_the_options(tmp_path):
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset/spectra.yaml").write_text("{}\n")
    text = help_text(["--help", "--config-dir", str(tmp_path)])
    assert "experiment=quickstart" in text
    assert "dataset=tabular dataset.path=" in text
    assert "-m seed=0,1,2" in text
    assert "spectra," in text
    assert "regularization/schedule  constant, cosine, linear, warmup" in text
    assert max(map(len, text.splitlines())) <= 110


def test_help_imports_nothing_heavy():
    code = "import sys; from spectral_exp.cli.help import help_text; help_text([]); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert not {"torch", "pytorch_lightning", "pandas", "matplotlib", "pydantic"} & set(done.stdout.split())
