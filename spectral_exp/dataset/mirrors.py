"""Mirrors that hold the files of a data set one by one."""

import urllib.request
from dataclasses import dataclass
from pathlib import Path

from spectral_exp.dataset.source import CHUNK, SILENCE_LIMIT, Progress, SourceError
from spectral_exp.dataset.unpacking import take


@dataclass(frozen=True)
class TorchvisionMirrors:
    """The mirrors that torchvision lists for one of its MNIST-like sets, tried in order.

    Args:
        dataset: name of the class in `torchvision.datasets`.
        files: names of the stored files; the mirrors hold them with `.gz` added.
    """

    dataset: str
    files: tuple[str, ...]

    def __str__(self) -> str:
        return f"torchvision's mirrors of {self.dataset}"

    def download(self, scratch: Path, folder: Path, progress: Progress) -> None:
        import torchvision.datasets

        mirrors: list[str] = getattr(torchvision.datasets, self.dataset).mirrors
        failures = []
        for mirror in mirrors:
            try:
                for stored in self.files:
                    download_url(f"{mirror}{stored}.gz", scratch / f"{stored}.gz", progress)
                return take({stored: f"{stored}.gz" for stored in self.files})(scratch, folder)
            except (OSError, EOFError) as error:  # EOFError: a compressed file that was cut
                failures.append(f"{getattr(error, 'reason', error)}")
        raise SourceError(", ".join(dict.fromkeys(failures)))


def download_url(url: str, path: Path, progress: Progress) -> None:
    """Download one file; an answer that ends early is an error.

    Args:
        url: where it is.
        path: where it goes.
        progress: told about arriving bytes.

    Raises:
        OSError: if it cannot be had, or fewer bytes arrive than were announced.
    """
    with urllib.request.urlopen(url, timeout=SILENCE_LIMIT) as response, path.open("wb") as out:
        length = response.headers.get("Content-Length")
        total = int(length) if length else None
        done = 0
        while chunk := response.read(CHUNK):
            out.write(chunk)
            done += len(chunk)
            progress(done, total)
    if total is not None and done != total:
        raise OSError(f"{path.name} ended after {done} of {total} bytes")
