"""On what a comparison was computed."""

import os
import platform
from pathlib import Path
from typing import Any

from spectral_exp.sweep.resources import find_devices, n_cores
from spectral_exp.tracking.status import PACKAGES, versions

RANKERS = ("scikit-learn", "captum", "shap", "zennit", "lightgbm", "lassonet")


def describe_machine() -> dict[str, Any]:
    """Describe hardware and software.

    Returns:
        `python`, `versions` of packages that are installed, and `hardware`; no name of the machine.
    """
    return {
        "python": platform.python_version(),
        "versions": versions((*PACKAGES, *RANKERS)),
        "hardware": {
            "system": f"{platform.system()} {platform.machine()}",
            "processor": _processor(),
            "n_cores": n_cores(),
            "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
            "n_gpus": len(find_devices()),
        },
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
