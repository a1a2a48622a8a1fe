"""Where the configs live, and how a user's own join them."""

import inspect
import os
from pathlib import Path

import hydra
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.plugins import Plugins
from hydra.plugins.search_path_plugin import SearchPathPlugin

from spectral_exp.errors import UserError

USER_CONFIGS_VARIABLE = "SPECTRAL_EXP_CONF"


def config_dir() -> str:
    """Find the config tree that ships with the package.

    Returns:
        The absolute path of `conf`: inside the installed package, or at the top of the checkout.

    Raises:
        FileNotFoundError: if there is neither, which means that the installation is broken.
    """
    package = Path(__file__).resolve().parents[1]
    for candidate in (package / "conf", package.parent / "conf"):
        if (candidate / "train.yaml").is_file():
            return str(candidate)
    raise FileNotFoundError(f"The configs are missing from {package}; install spectral_exp again.")


def register_user_configs() -> None:
    """Let the folder that SPECTRAL_EXP_CONF names be searched before the shipped configs, so that its files win.

    Raises:
        UserError: if the variable names no folder.
    """
    folder = os.environ.get(USER_CONFIGS_VARIABLE)
    if folder and not Path(folder).is_dir():
        raise UserError(f"{USER_CONFIGS_VARIABLE}={folder}: no such folder; name one that holds configs, or unset it.")
    Plugins.instance().register(_UserConfigs)


def version_base() -> dict[str, str]:
    """Tell `hydra.main` which Hydra's behaviour is meant.

    Returns:
        The keyword for Hydra 1.3; nothing for 1.4, which warns about it at every start.
    """
    if "execution_whitelist" in inspect.signature(hydra.main).parameters:
        return {}
    return {"version_base": "1.3"}


class _UserConfigs(SearchPathPlugin):
    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        folder = os.environ.get(USER_CONFIGS_VARIABLE)
        if folder:
            search_path.prepend(provider="user", path=f"file://{Path(folder).resolve()}")
