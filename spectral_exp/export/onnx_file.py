"""A slim model in ONNX, for any number of rows; onnx, onnxscript and onnxruntime are imported on use.

Read it without this package and without PyTorch:

    session = onnxruntime.InferenceSession("slim.onnx")
    info = {key: json.loads(value) for key, value in session.get_modelmeta().custom_metadata_map.items()}
    results, = session.run(None, {"inputs": rows})     # rows: float64, columns as in info["input_names"]
"""

import importlib
import json
from typing import TYPE_CHECKING, Any

import torch

from spectral_exp.errors import UserError
from spectral_exp.export.pt2_file import to_program
from spectral_exp.export.slim_model import Predict, SlimModel

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

LIBRARIES = ("onnx", "onnxscript", "onnxruntime")
INPUTS = "inputs"


def require_onnx() -> None:
    """Refuse to go on without the libraries.

    Raises:
        UserError: if one is missing; names what installs it.
    """
    for library in LIBRARIES:
        try:
            importlib.import_module(library)
        except ImportError as error:
            raise UserError(
                f"ONNX needs {library}: pip install 'spectral_exp[export]' (--format pt2 and state_dict do without)"
            ) from error


def has_onnx() -> bool:
    """Tell whether models can be written in ONNX and run here.

    Returns:
        True if the libraries are installed.
    """
    try:
        require_onnx()
    except UserError:
        return False
    return True


def to_bytes(model: SlimModel) -> bytes:
    """Write a model.

    Args:
        model: the slim model.

    Returns:
        The content of the file; its metadata hold the `Description`, one JSON value per key.
    """
    import onnx

    program = torch.onnx.export(
        to_program(model), dynamo=True, input_names=[INPUTS], output_names=["results"], verbose=False
    )
    assert program is not None
    proto = program.model_proto
    _strip(proto)
    onnx.helper.set_model_props(proto, {key: json.dumps(value) for key, value in model.description.items()})
    content: bytes = proto.SerializeToString()
    return content


def _strip(proto: Any) -> None:
    """Leave out what the exporter notes of its work, such as stack traces with the paths of this machine."""
    graph = proto.graph
    del graph.value_info[:]
    for part in (proto, graph, *graph.node, *graph.initializer, *graph.input, *graph.output):
        del part.metadata_props[:]
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "n_rows"


def open_session(content: bytes) -> "InferenceSession":
    """Load a model into onnxruntime, on one thread.

    Args:
        content: of the file.

    Returns:
        The session.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def from_bytes(content: bytes) -> Predict:
    """Read a model.

    Args:
        content: of the file.

    Returns:
        The function from rows to results.
    """
    session = open_session(content)
    return lambda rows: session.run(None, {INPUTS: rows})[0]
