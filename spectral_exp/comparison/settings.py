"""The values of a comparison beside those of its trainings: checked, and typed."""

from typing import Any

from omegaconf import DictConfig, OmegaConf
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from spectral_exp.errors import UserError
from spectral_exp.settings import fault_of
from spectral_exp.tracking.comparison_folder import NET

METHODS = "attribution"


class ComparisonSettings(BaseModel):
    """Values of `conf/compare.yaml`; see there for their meaning."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    k: list[int] = Field(min_length=1)
    seeds: list[int] = Field(min_length=1)
    fractions: list[float]
    judge_epochs: int = Field(ge=1)
    time_limit: float = Field(gt=0)
    n_threads: int = Field(ge=1)


def read_comparison_settings(config: DictConfig) -> ComparisonSettings:
    """Take the values of the comparison out of a config.

    Args:
        config: what `conf/compare.yaml` composes to.

    Returns:
        The values.

    Raises:
        UserError: if one is of the wrong type or out of range, or no method is chosen.
    """
    values: dict[str, Any] = {name: _plain(config[name]) for name in ComparisonSettings.model_fields}
    if type(values["k"]) is int:
        values["k"] = [values["k"]]
    if type(values["seeds"]) is int:
        values["seeds"] = list(range(values["seeds"]))
    values["fractions"] = [float(value) if type(value) is int else value for value in values["fractions"] or []]
    if type(values["time_limit"]) is int:
        values["time_limit"] = float(values["time_limit"])
    try:
        settings = ComparisonSettings(**values)
    except ValidationError as error:
        raise UserError(fault_of(error)) from None
    for name, least in (("k", 1), ("seeds", 0)):
        numbers = getattr(settings, name)
        if min(numbers) < least or len(set(numbers)) < len(numbers):
            raise UserError(f"{name} must be different whole numbers >= {least}, got {numbers}")
    if not all(0 < fraction < 1 for fraction in settings.fractions):
        raise UserError(f"fractions must be above 0 and below 1, got {settings.fractions}")
    if not config.get(METHODS):
        raise UserError(f"{METHODS}: no method is chosen; write {METHODS}=[spectral_path,random_forest]")
    if NET in config[METHODS]:
        raise UserError(f"{METHODS}.{NET}: the name is taken by the net that methods explain; choose another")
    return settings


def _plain(value: Any) -> Any:
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value
