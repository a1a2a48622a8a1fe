"""Runs without the command line: composed as Hydra would, one folder each."""

from pathlib import Path

import pytest
import torch


@pytest.fixture(autouse=True)
def one_thread():
    """Small nets are slower on more threads, and tests share the machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def compose_config():
    """Compose `conf/train.yaml` with overrides."""
    from hydra import compose, initialize_config_dir
    from hydra.core.hydra_config import HydraConfig
    from omegaconf import OmegaConf, open_dict

    from spectral_exp.cli.config_path import config_dir

    def compose_config(*overrides: str):
        with initialize_config_dir(config_dir(), version_base="1.3"):
            config = compose("train", overrides=[*overrides, "hydra.job.num=0"], return_hydra_config=True)
        HydraConfig.instance().set_config(config)
        with open_dict(config):
            del config["hydra"]
        OmegaConf.resolve(config)
        return config

    yield compose_config
    HydraConfig.instance().cfg = None


@pytest.fixture
def run_here(compose_config, tmp_path):
    """Run overrides in a folder of their own and give that folder."""
    from spectral_exp.run import run

    def run_here(*overrides: str, folder: str = "run") -> Path:
        run(compose_config(*overrides), tmp_path / folder, list(overrides))
        return tmp_path / folder

    return run_here
