"""The config's own values beside its groups: checked, and typed."""

from typing import Any, Literal

from omegaconf import DictConfig, OmegaConf
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from spectral_exp.errors import UserError

GROUPS = (
    "dataset",
    "model",
    "regularization",
    "selection",
    "tracking",
    "optimizer",
    "lr_schedule",
    "trainer",
    "logger",
    "callbacks",
)


class RefitSettings(BaseModel):
    """Values of `refit` in `conf/train.yaml`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    epochs: int = Field(ge=0)
    lr_schedule: dict[str, Any]


class TargetSettings(BaseModel):
    """Values of `target` in `conf/train.yaml`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    k: int | None = Field(ge=1)
    max_runs: int = Field(ge=2)


class Settings(BaseModel):
    """Values at the top of `conf/train.yaml`; see there for their meaning."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: str
    seed: int = Field(ge=0, lt=2**32)
    batch_size: int = Field(ge=1)
    loss: Literal["auto", "cross_entropy", "mse", "l1"]
    eigenvalue_lr_factor: float = Field(gt=0)
    input_scale: bool
    groups: Literal["auto", "none"] | dict[str, str | list[str]]
    keep: list[str]
    final_weights: Literal["last", "best"]
    compile: bool
    matmul_precision: Literal["highest", "high", "medium"]
    refit: RefitSettings
    target: TargetSettings
    resume: str | None
    data_dir: str
    outputs: str

    @field_validator("groups", mode="before")
    @classmethod
    def _describe_groups(cls, value: Any) -> Any:
        """Say what is expected, where a union of types would complain once per type."""
        members = list(value.values()) if isinstance(value, dict) else []
        named = [name for one in members for name in (one if isinstance(one, list) else [one])]
        if (isinstance(value, dict) or value in ("auto", "none")) and all(isinstance(name, str) for name in named):
            return value
        raise PydanticCustomError("groups", "must be auto, none, or names of groups with lists of inputs")


def read_settings(config: DictConfig) -> Settings:
    """Take the values out of a config.

    Args:
        config: what `conf/train.yaml` composes to.

    Returns:
        The values.

    Raises:
        UserError: if one is unknown, missing, of the wrong type or out of range.
    """
    values: dict[str, Any] = {
        str(key): OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value
        for key, value in config.items()
        if key not in GROUPS
    }
    try:
        return Settings(**values)
    except ValidationError as error:
        raise UserError(fault_of(error)) from None


def fault_of(error: ValidationError) -> str:
    """Say in one line what is wrong with a value.

    Args:
        error: pydantic's.

    Returns:
        Key, what was expected, and what was given; of the first fault.
    """
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"{key}: unknown key; the known ones are {', '.join((*GROUPS, *Settings.model_fields))}"
    return f"{key}: {fault['msg'][0].lower()}{fault['msg'][1:]}, got {fault['input']!r}"
