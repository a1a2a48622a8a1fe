"""Values that all trainings share, and methods that have another one of their own."""

import logging
from collections.abc import Sequence

from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf

from spectral_exp.comparison.net import Compose, fitting
from spectral_exp.comparison.settings import METHODS
from spectral_exp.errors import UserError

PENALTY = "regularization."  # the one part that the plain net of a comparison has not

log = logging.getLogger(__name__)


def tell_own_values(config: DictConfig, shared: Sequence[str], compose: Compose) -> None:
    """Say which methods keep a value of their own, and refuse a value of a penalty that none takes.

    Args:
        config: what `conf/compare.yaml` composes to.
        shared: overrides of all trainings.
        compose: from overrides of a method to the configuration of its training.

    Raises:
        UserError: for a value that changes nothing.
    """
    of_methods = {str(name): list(node.get("overrides", ())) for name, node in config[METHODS].items()}
    for text in shared:
        key, _, value = text.lstrip("+").partition("=")
        if "." not in key:
            continue
        own = {name: texts for name, texts in of_methods.items() if key in map(_key, texts)}
        others = [texts for name, texts in of_methods.items() if texts and name not in own]
        if key.startswith(PENALTY) and not any(_is_taken(key, texts, compose) for texts in others):
            raise UserError(f"{key}={value}: {_why_not(key, value, own)}")
        for name, texts in own.items():
            kept = next(one for one in reversed(texts) if _key(one) == key)
            log.info(f"{name} keeps its own {kept} (conf/{METHODS}/{name}.yaml)")


def _key(text: str) -> str:
    return text.lstrip("+~").partition("=")[0]


def _is_taken(key: str, overrides: Sequence[str], compose: Compose) -> bool:
    try:
        return OmegaConf.select(fitting(compose(overrides), overrides), key) is not None
    except HydraException:  # said in the method's row
        return False


def _why_not(key: str, value: str, own: dict[str, list[str]]) -> str:
    if not own:
        return "no method that is compared has such a penalty"
    name, texts = next(iter(own.items()))
    changed = ",".join(f'"{key}={value}"' if _key(text) == key else f'"{text}"' for text in texts)
    return (
        f"no method takes it from here: {', '.join(own)} has its own, others have another penalty or none; "
        f"write '{METHODS}.{name}.overrides=[{changed}]'"
    )
