"""Runs without the command line, composed as Hydra would, and small stand-ins for data that has to be fetched."""

import hashlib
import signal
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

# A shell ignores Ctrl-C for what it starts in the background, and so would the commands that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def one_thread():
    """Small nets are slower on more threads, and tests share the machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def run_here(tmp_path):
    """Run overrides in a folder of their own and give that folder."""
    from spectral_exp.cli.compose import compose_config
    from spectral_exp.run import run

    def run_here(*overrides: str, folder: str = "run") -> Path:
        run(compose_config(overrides), tmp_path / folder, list(overrides))
        return tmp_path / folder

    return run_here


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Put files in the place of a fetched data set, and give the data folder."""
    from spectral_exp.dataset.registry import REGISTRY, Entry

    def store(data_set: str, files: dict[str, bytes]) -> Path:
        (tmp_path / data_set).mkdir()
        for name, content in files.items():
            (tmp_path / data_set / name).write_bytes(content)
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        monkeypatch.setitem(REGISTRY, data_set, Entry(hashes, sources=()))
        return tmp_path

    return store


def idx(values: np.ndarray) -> bytes:
    return bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()


def idx_files(shape: tuple[int, ...], **n_rows: int) -> dict[str, bytes]:
    """Images of one value, ten times their label, and labels that go round, for every part."""
    files = {}
    for part, n in n_rows.items():
        labels = (np.arange(n) % 10).astype(np.uint8)
        images = np.broadcast_to((labels * 10).reshape(-1, *(1 for _ in shape)), (n, *shape)).astype(np.uint8)
        files[f"{part}-images-idx{images.ndim}-ubyte"] = idx(images)
        files[f"{part}-labels-idx1-ubyte"] = idx(labels)
    return files


@pytest.fixture
def stored_mnist(store):
    """A data folder with 600 + 100 images for MNIST and Fashion-MNIST; a pixel holds ten times its label."""
    store("mnist", idx_files((28, 28), train=600, t10k=100))
    return store("fashion_mnist", idx_files((28, 28), train=600, t10k=100))


@pytest.fixture
def stored_cifar10(store):
    """A data folder with 200 + 50 images for CIFAR-10; a value holds ten times the label."""
    return store("cifar10", idx_files((3, 32, 32), train=200, test=50))


@pytest.fixture
def stored_science(store):
    """A data folder with small stand-ins, in the formats of their originals, for all scientific sets."""
    from tests.science_files import FILES

    for data_set, files in FILES.items():
        folder = store(data_set, files())
    return folder


@pytest.fixture
def small_disk():
    """Mount a disk of so many kibibytes at a folder, and give what unmounts it."""
    mounted = []

    def unmount(folder: Path) -> None:
        subprocess.run(["umount", str(folder)], check=True)
        mounted.remove(folder)

    def mount(folder: Path, kibibytes: int):
        folder.mkdir(parents=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={kibibytes}k", "tmpfs", str(folder)]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"a small disk cannot be mounted: {getattr(error, 'stderr', error)}")
        mounted.append(folder)
        return lambda: unmount(folder)

    yield mount
    for folder in list(mounted):
        unmount(folder)
