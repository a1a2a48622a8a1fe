"""A slim model as a program of `torch.export`, for any number of rows.

Read it without this package, `rows` being a NumPy array of float64:

    extra = {"info.json": ""}
    program = torch.export.load("slim.pt2", extra_files=extra)
    info = json.loads(extra["info.json"])
    results = program.module()(torch.from_numpy(rows))
"""

import io
import json

import torch
from torch.export import Dim, ExportedProgram

from spectral_exp.export.slim_model import Predict, SlimModel

INFO = "info.json"


def to_program(model: SlimModel) -> ExportedProgram:
    """Trace a model.

    Args:
        model: the slim model.

    Returns:
        The program, without the paths of the source files that it was traced from.
    """
    about = model.description
    two_rows = torch.zeros(2, len(about["input_names"]), *about["positions"], dtype=torch.float64)
    program = torch.export.export(model, (two_rows,), dynamic_shapes=({0: Dim("n_rows")},))
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)
    return program


def to_bytes(model: SlimModel) -> bytes:
    """Write a model.

    Args:
        model: the slim model.

    Returns:
        The content of the file; its extra file `info.json` holds the `Description`.
    """
    content = io.BytesIO()
    torch.export.save(to_program(model), content, extra_files={INFO: json.dumps(model.description)})
    return content.getvalue()


def from_bytes(content: bytes) -> Predict:
    """Read a model.

    Args:
        content: of the file.

    Returns:
        The function from rows to results.
    """
    module = torch.export.load(io.BytesIO(content)).module()
    return lambda rows: module(torch.from_numpy(rows)).numpy()
