"""What docs/own_code.md shows works as it is written there."""

import re
import shlex
from pathlib import Path

import pandas as pd

PAGE = Path(__file__).parents[2] / "docs" / "own_code.md"


def test_a_network_a_data_set_and_a_penalty_of_ones_own(train, tmp_path, monkeypatch):
    page = PAGE.read_text(encoding="utf-8")
    for name, content in re.findall(r"```\w+\n# (my_\S+)\n(.*?)```", page, re.DOTALL):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    setting, command = re.findall(r"(?m)^    ((?:export|spectral-train) .*)$", page)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("SPECTRAL_EXP_ALLOW", re.findall(r"SPECTRAL_EXP_ALLOW=(\S+)", setting)[0])
    answer = train(*shlex.split(command)[1:], "hydra.run.dir=run")
    assert answer.code == 0
    ranking = pd.read_csv(tmp_path / "run" / "ranking.csv")
    assert set(ranking.name[:2]) == {"wave_4", "wave_11"}
    assert ranking.selected.sum() == 2
