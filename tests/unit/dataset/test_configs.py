import importlib
import inspect
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from spectral_exp.cli.config_path import config_dir


@pytest.mark.parametrize("path", sorted(Path(config_dir(), "dataset").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_config_gives_every_keyword_of_its_class_and_the_same_defaults(path):
    config = OmegaConf.load(path)
    module, _, name = config.pop("_target_").rpartition(".")
    parameters = inspect.signature(getattr(importlib.import_module(module), name)).parameters
    assert config.keys() == parameters.keys()
    for key, parameter in parameters.items():
        if parameter.default is not inspect.Parameter.empty and not OmegaConf.is_interpolation(config, key):
            default = list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
            assert config[key] == (pytest.approx(default, abs=1e-6) if isinstance(default, float) else default)
    text = path.read_text().splitlines()
    assert all("#" in line for line in text if not line.strip().startswith("_target_"))
