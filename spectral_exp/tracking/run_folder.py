"""The files of a run folder: written whole or not at all, and named where they cannot be read."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from spectral_exp.errors import UserError

Content = TypeVar("Content")

CONFIG = "config.yaml"
STATUS = "status.json"
METRICS_HISTORY = "metrics.csv"
METRICS = "metrics.json"
RANKING = "ranking.csv"
MASK = "mask.npy"
TRACE = "trace.arrows"
DATASET = "dataset.json"
MASKING_CURVE = "masking_curve.csv"
SELECTION_CURVE = "selection_curve.csv"
STRENGTHS = "strengths.csv"
CHECKPOINTS = "checkpoints"
PATH_CHECKPOINTS = "checkpoints/path"
LAST_CHECKPOINT = "last.ckpt"
BEST_CHECKPOINT = "best.ckpt"
FIGURES = "figures"
REFIT = "refit"
FOLDS = "folds"
SEARCH = "search"
LOG = "log.txt"  # what a job of a sweep printed
SWEEP_RECORD = "sweep.json"  # in the folder of a sweep


def is_run_folder(folder: Path) -> bool:
    """Tell whether a run was begun in a folder, so that `resume=` can go on with it.

    Args:
        folder: any path.

    Returns:
        True if configuration and status are there.
    """
    return (folder / CONFIG).is_file() and (folder / STATUS).is_file()


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Write a file beside its place and move it there when it is complete.

    Args:
        path: where the file is to be.
        write: writes the file to the path it is given, which has the same suffix.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        write(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file whole or not at all.

    Args:
        path: where the file is to be.
        content: plain values.
    """

    def write(beside: Path) -> None:
        with beside.open("w", encoding="utf-8") as file:
            file.write("{")
            for number, (name, value) in enumerate(content.items()):  # a million names and scales are never one text
                file.write("," * (number > 0) + f"\n  {json.dumps(name)}: {json.dumps(value)}")
            file.write("\n}\n")

    write_whole(path, write)


def read_json(path: Path) -> dict[str, Any]:
    """Read what `write_json` has written.

    Args:
        path: the file.

    Returns:
        Its content; nothing if there is no such file.

    Raises:
        UserError: if it cannot be read; names the file.
    """

    def read(path: Path) -> dict[str, Any]:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        if not isinstance(content, dict):
            raise ValueError(f"expected an object, got {type(content).__name__}")
        return content

    return read_part(path, read)


def read_part(path: Path, read: Callable[[Path], Content]) -> Content:
    """Read a file of a run folder.

    Args:
        path: the file.
        read: reads it, and fails in whatever way if its content is not what a run writes.

    Returns:
        What was read.

    Raises:
        UserError: if it cannot be read; names the file.
    """
    try:
        return read(path)
    except UserError:
        raise
    except (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{path} cannot be read ({reason}); it was edited or cut short: run again") from error
