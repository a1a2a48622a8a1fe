"""A net that is trained by several processes, the ranks, becomes what one process would make of it, up to rounding."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import cast

import pytorch_lightning as pl
import torch
from pytorch_lightning.trainer.states import TrainerFn
from torch import Tensor, nn

from spectral_exp.collectives import average_gradients, copy_from_first_rank, names_of
from spectral_exp.dataset.loading import TensorLoader
from spectral_exp.sharding import gather, shard_head


class SeveralDevicesModule(pl.LightningModule, ABC):
    """What Lightning's strategies leave to a module whose first layer changes its parameters while it trains.

    Args:
        model: a network with an `input_layer`.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self._whole: tuple[nn.Module, ...] = ()  # a copy of the model while it is shared out; not a submodule

    @property
    def input_layer(self) -> nn.Module:
        """The layer whose columns belong to the inputs."""
        layer: nn.Module = self.model.input_layer  # type: ignore[assignment]
        return layer

    @property
    @abstractmethod
    def replaced_parameters(self) -> Sequence[Tensor]:
        """Parameters of the input layer that may be replaced by others while the net trains."""

    @property
    def _own_parameters(self) -> list[Tensor]:
        """Parameters that the module itself keeps the same on all ranks, as no strategy does."""
        return list(self.input_layer.parameters() if self._whole else self.replaced_parameters)

    def keep_from_ddp(self, *buffers: Tensor | None) -> None:
        """Tell DDP what not to look after: it would lose sight of parameters that are replaced.

        A backward pass computes the first layer's gradient last, so DDP could not hide its averaging either.

        Args:
            *buffers: further ones that never differ, and that DDP would send in every step.
        """
        not_for_ddp = [*self._own_parameters, *buffers, *self.input_layer.buffers()]
        self._ddp_params_and_buffers_to_ignore = names_of(self, not_for_ddp)

    def configure_model(self) -> None:
        if self.device_mesh is not None and self.trainer.state.fn == TrainerFn.FITTING:
            self._whole = (shard_head(self.model, self.input_layer, self.device_mesh),)

    def gather(self) -> None:
        """Put the model together on every rank, if training has shared its parameters out."""
        for whole in self._whole:
            self.model = gather(self.model, whole)
        self._whole = ()

    def on_train_start(self) -> None:
        copy_from_first_rank(self._own_parameters)

    def on_after_backward(self) -> None:
        if self.trainer.world_size > 1:
            average_gradients(self._own_parameters)

    def weighted(self, loss: Tensor, batch: int) -> Tensor:
        """Weight a loss by this rank's rows, so that the mean over the ranks is that over the whole batch.

        Args:
            loss: mean over the rows of this rank.
            batch: the number of the batch in its epoch, from 0.

        Returns:
            The loss to go backward from.
        """
        if self.trainer.world_size == 1:
            return loss
        return loss * cast(TensorLoader, self.trainer.train_dataloader).weight_of_share(batch)

    def highest(self, number: int) -> int:
        """Compare a number with those of the other ranks.

        Args:
            number: of this rank.

        Returns:
            The highest one.
        """
        return int(self.trainer.strategy.reduce(torch.tensor(number, device=self.device), reduce_op="max"))

    def log_means(self, values: Mapping[str, Tensor | float], n_rows: int) -> None:
        """Log means over rows; over several ranks they become those over the rows of all.

        Args:
            values: by name.
            n_rows: how many rows of this rank they are of.
        """
        # A float, for Lightning would round the mean of the ranks' numbers of rows down.
        weight = cast(int, float(n_rows))
        self.log_dict(values, on_step=False, on_epoch=True, sync_dist=True, batch_size=weight)
