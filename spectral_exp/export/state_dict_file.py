"""A slim model as weights and plain values, which load with `weights_only=True`.

Read it without this package, `rows` being a NumPy array:

    saved = torch.load("slim.pt", weights_only=True)
    info = saved["info"]
    layers = nn.Sequential(*(getattr(nn, kind)(**arguments) for kind, arguments in info["layers"])).eval()
    layers.load_state_dict(saved["state_dict"])
    ones = [1] * len(info["positions"])                                       # behind the axis of the inputs
    if info["input_shift"] is not None:
        shift, divisor = (np.reshape(info[name], [-1, *ones]) for name in ("input_shift", "input_divisor"))
        rows = (rows - shift) / divisor
    rows = torch.tensor(rows, dtype=torch.float32)
    if info["basis"]:
        coefficients = [(getattr(torch, name), *torch.tensor(numbers)) for name, numbers in info["basis"]]
        rows = torch.cat([c * f(a * rows + b) + d for f, a, b, c, d in coefficients], dim=1)
    outputs = layers(rows).double()
    probabilities = outputs.softmax(dim=1)                                    # classification
    values = outputs.squeeze(1) * info["target_scale"] + info["target_mean"]  # regression
"""

import io

import torch

from spectral_exp.export.slim_model import Predict, SlimModel


def to_bytes(model: SlimModel) -> bytes:
    """Write a model.

    Args:
        model: the slim model.

    Returns:
        The content of the file: `{"state_dict": ..., "info": ...}`, see `Description`.
    """
    content = io.BytesIO()
    torch.save({"state_dict": model.layers.state_dict(), "info": model.description}, content)
    return content.getvalue()


def from_bytes(content: bytes) -> Predict:
    """Read a model.

    Args:
        content: of the file.

    Returns:
        The function from rows to results.
    """
    saved = torch.load(io.BytesIO(content), weights_only=True)
    model = SlimModel(saved["info"])
    model.layers.load_state_dict(saved["state_dict"])
    return lambda rows: model(torch.from_numpy(rows)).numpy()
