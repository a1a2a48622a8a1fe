"""Which inputs matter, and how few suffice? Spectral neural networks rank and select input features."""

import importlib
from typing import Any

__version__ = "0.1.0"

# Public names and where they live; imported on first use, so that the command line starts fast.
_HOMES = {
    "SpectralCNN": "spectral_exp.model.spectral_cnn",
    "SpectralConv1d": "spectral_exp.layer.spectral_conv",
    "SpectralConv2d": "spectral_exp.layer.spectral_conv",
    "SpectralGate": "spectral_exp.layer.spectral_gate",
    "SpectralLinear": "spectral_exp.layer.spectral_linear",
    "SpectralMLP": "spectral_exp.model.spectral_mlp",
    "load_run": "spectral_exp.load",
    "relevance": "spectral_exp.functional.relevance",
    "spectralize": "spectral_exp.layer.spectralize",
}
__all__ = [  # noqa: F822
    "SpectralCNN",
    "SpectralConv1d",
    "SpectralConv2d",
    "SpectralGate",
    "SpectralLinear",
    "SpectralMLP",
    "load_run",
    "relevance",
    "spectralize",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
