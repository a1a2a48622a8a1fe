"""A spectral perceptron behind a torchvision backbone: which of the backbone's features matter?"""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from spectral_exp.layer.spectral_layer import Gauge, SpectralLayer
from spectral_exp.model.spectral_mlp import SpectralMLP

CLASSIFIERS = ("fc", "classifier", "heads", "head")  # what torchvision's models call their last part


class SpectralHead(nn.Module):
    """Let a backbone turn images into pooled features, and a `SpectralMLP` rank these.

    The features are standardised by a batch norm without parameters, so that their relevance is comparable.

    Args:
        in_shape: (channels, height, width); one channel of grey is shown to the backbone three times.
        out_features: number of outputs (classes, or 1 for regression).
        hidden_features: width of every hidden layer of the head; none for a linear one.
        backbone: one of `torchvision.models.list_models(module=torchvision.models)`.
        weights: a file with the backbone's state dict, with or without its classifier; None for random weights.
        is_frozen: leave the backbone as it is and train the head alone.
        image_size: height and width that images are brought to first; None for their own.
        dropout: share of hidden units of the head dropped in training.
        gauge: how the scale shared by eigenvalue and eigenvector is fixed.

    Shape:
        Input (n_rows, *in_shape); output (n_rows, out_features).

    Raises:
        ValueError: if there is no such backbone or file, the weights are of another one, or a value is out of range.
    """

    unit: ClassVar[Literal["activation"]] = "activation"

    def __init__(
        self,
        in_shape: Sequence[int],
        out_features: int,
        hidden_features: Sequence[int] = (),
        backbone: str = "resnet18",
        weights: str | None = None,
        is_frozen: bool = False,
        image_size: int | None = None,
        dropout: float = 0.0,
        gauge: Gauge = "free",
    ) -> None:
        super().__init__()
        if len(in_shape) != 3 or in_shape[0] not in (1, 3):
            raise ValueError(f"a backbone takes images of 1 or 3 channels, got rows of shape {tuple(in_shape)}")
        if image_size is not None and image_size < 1:
            raise ValueError(f"image_size must be >= 1, got {image_size}")
        self.in_shape = tuple(in_shape)
        self.image_size = image_size
        self.is_frozen = is_frozen
        self.backbone, classifier = _without_classifier(backbone)
        if weights is not None:
            _load(self.backbone, Path(weights).expanduser(), classifier)
        self.backbone.requires_grad_(not is_frozen)
        n_features = self._count_features(backbone)
        self.standardise = nn.BatchNorm1d(n_features, affine=False)
        self.head = SpectralMLP(n_features, out_features, hidden_features, dropout=dropout, gauge=gauge)

    @property
    def input_layer(self) -> SpectralLayer:
        """The layer whose eigenvalues belong to the features of the backbone."""
        return self.head.input_layer

    def forward(self, inputs: Float[Tensor, "n_rows *shape"]) -> Float[Tensor, "n_rows n_out"]:
        """Compute logits, or the predicted value for regression.

        Args:
            inputs: rows of images.

        Returns:
            One row of outputs per row of inputs.
        """
        if self.is_frozen:
            self.backbone.eval()  # or its norms would learn
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.is_frozen):
            features = self._features(inputs)
        outputs: Tensor = self.head(self.standardise(features))
        return outputs

    def _features(self, inputs: Tensor) -> Float[Tensor, "n_rows n_features"]:
        images = inputs.reshape(len(inputs), *self.in_shape).expand(-1, 3, -1, -1)
        if self.image_size is not None:
            images = F.interpolate(images, size=(self.image_size, self.image_size), mode="bilinear", antialias=True)
        features: Tensor = self.backbone(images)
        return features if features.ndim == 2 else features.flatten(2).mean(dim=2)

    @torch.no_grad()
    def _count_features(self, backbone: str) -> int:
        self.backbone.eval()
        try:
            n_features = self._features(torch.zeros(1, *self.in_shape)).shape[1]
        except (RuntimeError, AssertionError) as error:
            reason = str(error).splitlines()[0]
            raise ValueError(
                f"backbone={backbone} cannot take images of shape {self.in_shape} ({reason}); set image_size"
            ) from error
        self.backbone.train()
        return n_features


def _without_classifier(name: str) -> tuple[nn.Module, str]:
    """A torchvision model that ends with its pooled features, and what its classifier was called."""
    import torchvision

    known = torchvision.models.list_models(module=torchvision.models)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3)
        raise ValueError(f"backbone must be a model of torchvision, got {name!r}; the nearest are {', '.join(near)}")
    model: nn.Module = torchvision.models.get_model(name, weights=None)
    for classifier in CLASSIFIERS:
        if hasattr(model, classifier):
            setattr(model, classifier, nn.Identity())
            return model, classifier
    raise ValueError(f"backbone={name} has no classifier to take off; take another, such as resnet18")


def _load(backbone: nn.Module, file: Path, classifier: str) -> None:
    if not file.is_file():
        raise ValueError(f"weights: there is no file {file}")
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
        backbone.load_state_dict(
            {name: value for name, value in state.items() if not name.startswith(f"{classifier}.")}
        )
    except Exception as error:  # whatever is in the file
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"weights: {file} is no state dict of {type(backbone).__name__} ({reason})") from error
