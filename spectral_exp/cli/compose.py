"""The configuration of a run, composed outside the command line: for scripts, notebooks and tests."""

from collections.abc import Sequence

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, flag_override, open_dict

from spectral_exp.cli.config_path import config_dir, version_base


def compose_config(overrides: Sequence[str] = (), config_name: str = "train") -> DictConfig:
    """Compose `conf/train.yaml` as `spectral-train` would, also inside a program that Hydra started.

    Args:
        overrides: what would stand on the command line.
        config_name: another primary config, such as `compare`.

    Returns:
        The resolved configuration; pass it to `spectral_exp.run.run` with a folder.

    Example:
        >>> compose_config(["experiment=quickstart", "seed=3"]).seed
        3
    """
    around = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(config_dir(), **version_base()):
            config = compose(config_name, [*overrides, "hydra.job.num=0"], return_hydra_config=True)
    finally:
        GlobalHydra.instance().hydra = around
    before = HydraConfig.instance().cfg
    HydraConfig.instance().set_config(config)
    try:
        with flag_override(config, "readonly", False), open_dict(config):
            del config["hydra"]
            OmegaConf.resolve(config)
    finally:
        HydraConfig.instance().cfg = before
    return config
