from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from spectral_exp.cli.config_path import config_dir, register_user_configs, version_base
from spectral_exp.cli.overrides import check_overrides
from spectral_exp.errors import UserError


def test_config_dir_holds_the_primary_config():
    assert Path(config_dir()).is_absolute()
    assert (Path(config_dir()) / "train.yaml").is_file()


def test_a_users_file_replaces_the_shipped_one(tmp_path, monkeypatch):
    (tmp_path / "size").mkdir()
    (tmp_path / "size/small.yaml").write_text("# @package model\nhidden_features: [7]\n")
    (tmp_path / "size/mine.yaml").write_text("# @package model\nhidden_features: [8]\n")
    monkeypatch.setenv("SPECTRAL_EXP_CONF", str(tmp_path))
    register_user_configs()
    with initialize_config_dir(config_dir(), **version_base()):
        assert compose("train").model.hidden_features == [7]
        assert compose("train", ["size=mine"]).model.hidden_features == [8]
    check_overrides(["size=mine"], config_dir(), "train")
    with pytest.raises(UserError, match=r"did you mean size=mine\?"):
        check_overrides(["size=mines"], config_dir(), "train")


def test_a_folder_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setenv("SPECTRAL_EXP_CONF", "/not/there")
    with pytest.raises(UserError, match="SPECTRAL_EXP_CONF=/not/there: no such folder"):
        register_user_configs()
