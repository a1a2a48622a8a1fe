"""A user's own images: one folder per class."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from spectral_exp.dataset.arrays import Arrays, split_arrays
from spectral_exp.dataset.augmentation import Augmentation
from spectral_exp.dataset.channel_data import describe_channels, make_channel_data
from spectral_exp.dataset.cifar10 import COLOURS
from spectral_exp.dataset.data import Data
from spectral_exp.dataset.split_set import SplitSet
from spectral_exp.errors import UserError

BYTES_PER_VALUE = 5  # a byte as it is read, a float32 as it is trained on


@dataclass(frozen=True)
class ImageFolder(SplitSet):
    """Images in folders that are named after their classes, read by torchvision, resized and held in memory.

    Channels are scaled one by one, on top of pixels / 255.

    Attributes:
        path: the folder with one folder per class.
        size: height and width in pixels: the shorter side becomes so long, and the middle is cut out.
        colours: keep red, green and blue; otherwise one channel of grey.
        max_memory_gb: refuse a folder whose images would need more, in 10^9 bytes.
        augmentation: random changes of training rows; None for none.

    Raises:
        ValueError: if a value is out of range.
    """

    path: str
    size: int = 64
    colours: bool = True
    max_memory_gb: float = 4.0
    augmentation: Augmentation | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size < 2:
            raise ValueError(f"size must be at least 2 pixels, got {self.size}")
        if not self.max_memory_gb > 0:
            raise ValueError(f"max_memory_gb must be > 0, got {self.max_memory_gb}")

    def load(self) -> Data:
        """Read, resize, split and scale the images.

        Returns:
            The data.

        Raises:
            UserError: if the folder or an image cannot be used, or the images need more memory than allowed.
        """
        from torchvision.datasets import ImageFolder as Folder

        folder = Path(self.path).expanduser()
        if not folder.is_dir():
            raise UserError(f"{self.path} does not exist or is no folder: check dataset.path (seen from {Path.cwd()})")
        try:
            files = Folder(str(folder))
        except FileNotFoundError as error:  # no folder of a class, or one without images
            raise UserError(
                f"{folder}: expected one folder of images per class; {str(error).splitlines()[0]}"
            ) from error
        channels = COLOURS if self.colours else ("grey",)
        shape = (len(channels), self.size, self.size)
        needed = len(files.samples) * np.prod(shape) * BYTES_PER_VALUE / 1e9
        if needed > self.max_memory_gb:
            raise UserError(
                f"{folder}: {len(files.samples)} images of {self.size} x {self.size} pixels need {needed:.1f} GB of "
                f"memory: lower dataset.size, or raise dataset.max_memory_gb={self.max_memory_gb:g}"
            )
        images = np.empty((len(files.samples), *shape), dtype=np.uint8)
        for row, (file, _) in enumerate(files.samples):
            images[row] = read_image(file, self.size, "RGB" if self.colours else "L")
        info = describe_channels(folder.absolute().name, "classification", shape, channels, files.classes)
        arrays = Arrays(images, np.array(files.targets))
        parts = split_arrays(info, arrays, self.split)
        return make_channel_data(info, *parts, self.scaling, self.augmentation)


def read_image(file: str, size: int, mode: Literal["RGB", "L"]) -> UInt8[np.ndarray, "channels size size"]:
    """Read one image.

    Args:
        file: where it is.
        size: height and width that it is brought to.
        mode: colours or grey.

    Returns:
        Its pixels, channels first.

    Raises:
        UserError: if it is no whole image.
    """
    from PIL import Image
    from torchvision.transforms.v2 import functional as transforms

    try:
        with Image.open(file) as image:
            pixels = transforms.pil_to_tensor(image.convert(mode))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UserError(f"{file} is no whole image ({error}): remove it") from error
    resized = transforms.center_crop(transforms.resize(pixels, [size], antialias=True), [size, size])
    return np.asarray(resized)
