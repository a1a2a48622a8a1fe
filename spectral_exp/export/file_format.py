"""The formats of an exported model: how each is written, and run again from what was written."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from spectral_exp.export import onnx_file, pt2_file, state_dict_file
from spectral_exp.export.slim_model import Predict, SlimModel


@dataclass(frozen=True)
class FileFormat:
    """One format.

    Attributes:
        suffix: what its files end in.
        write: turns a model into the content of a file.
        read: turns the content of a file into a function from rows to results.
        require: raises a UserError if a library is missing.
    """

    suffix: str
    write: Callable[[SlimModel], bytes]
    read: Callable[[bytes], Predict]
    require: Callable[[], Any] = lambda: None


FORMATS = {
    "onnx": FileFormat(".onnx", onnx_file.to_bytes, onnx_file.from_bytes, onnx_file.require_onnx),
    "pt2": FileFormat(".pt2", pt2_file.to_bytes, pt2_file.from_bytes),
    "state_dict": FileFormat(".pt", state_dict_file.to_bytes, state_dict_file.from_bytes),
}
