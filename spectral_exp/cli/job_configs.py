"""The configurations of a sweep's jobs, for a launcher that runs them in its own process."""

import copy
from collections.abc import Mapping, Sequence

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from spectral_exp.errors import UserError
from spectral_exp.sweep.job import Job


def job_configs(loader: ConfigLoader, config: DictConfig, jobs: Sequence[Job]) -> list[DictConfig]:
    """Compose the configuration of every job, anew only where jobs choose differently: that takes half a second.

    Args:
        loader: Hydra's.
        config: of the sweep.
        jobs: what is asked for.

    Returns:
        One per job, resolved, without Hydra's own node.

    Raises:
        UserError: if a job is to train on several devices.
    """
    parser = OverridesParser.create(config_loader=loader)
    composed: dict[tuple[str, ...], DictConfig] = {}
    configs = []
    before = HydraConfig.instance().cfg
    try:
        for job in jobs:
            overrides = parser.parse_overrides(list(job.overrides))
            values = {one.key_or_group: one.value() for one in overrides if _sets_value(loader, one)}
            choices = [one.input_line or "" for one in overrides if not _sets_value(loader, one)]
            key = (*choices, *values)
            if key not in composed:
                composed[key] = loader.load_sweep_config(config, list(job.overrides))
            configs.append(_with_values(composed[key], values, job))
            _check_devices(configs[-1])
    finally:
        HydraConfig.instance().cfg = before
    return configs


def _sets_value(loader: ConfigLoader, override: Override) -> bool:
    is_plain = override.type == OverrideType.CHANGE and override.package is None
    is_merged = isinstance(override.value(), dict)  # by Hydra, with what was there
    return is_plain and not is_merged and not loader.get_group_options(override.key_or_group)


def _with_values(composed: DictConfig, values: Mapping[str, object], job: Job) -> DictConfig:
    own = copy.deepcopy(composed)
    with read_write(own.hydra):
        own.hydra.job.num = job.number
        own.hydra.job.override_dirname = ",".join(sorted(job.overrides))
        own.hydra.runtime.output_dir = str(job.folder)
    HydraConfig.instance().set_config(own)  # which interpolations refer to
    with read_write(own), open_dict(own):
        for name, value in values.items():
            OmegaConf.update(own, name, value, merge=False)
        del own["hydra"]
        OmegaConf.resolve(own)
    return own


def _check_devices(config: DictConfig) -> None:
    devices = config.trainer.devices
    is_one = devices in (1, "1") or (OmegaConf.is_list(devices) and len(devices) == 1)
    if not is_one or config.trainer.get("num_nodes", 1) != 1:
        raise UserError(
            f"trainer.devices={devices}: hydra/launcher=members trains on one device; take hydra/launcher=process "
            "for several"
        )
