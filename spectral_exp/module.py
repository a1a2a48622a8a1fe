"""Training, validation and test of a model whose first layer is spectral."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import pytorch_lightning as pl
import torch
from jaxtyping import Bool, Float, Shaped
from pytorch_lightning.trainer.states import TrainerFn
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR
from torchmetrics import MetricCollection

from spectral_exp.collectives import average_gradients, copy_from_first_rank, names_of
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.loading import TensorLoader
from spectral_exp.errors import UserError
from spectral_exp.evaluation.task_metrics import task_metrics, validation_metrics
from spectral_exp.functional.sparse import take_columns
from spectral_exp.idle_hooks import skip_graph_check
from spectral_exp.layer.spectral_layer import SpectralLayer
from spectral_exp.layer.spectralize import spectral_form
from spectral_exp.regularization.regularization import Regularization
from spectral_exp.regularization.schedule.constant import Constant
from spectral_exp.regularization.schedule.schedule import Schedule
from spectral_exp.sharding import gather, shard_head

LOSSES: dict[str, tuple[str, Callable[[Tensor, Tensor], Tensor]]] = {
    "cross_entropy": ("classification", F.cross_entropy),
    "mse": ("regression", F.mse_loss),
    "l1": ("regression", F.l1_loss),
}
AUTO_LOSS = {"classification": "cross_entropy", "regression": "mse"}
STEPS_BETWEEN_CHECKS = 100


class TrainingDivergedError(RuntimeError):
    """The loss became NaN or infinite."""


class SpectralModule(pl.LightningModule):
    """Fit a model with the penalty on the eigenvalues of its input layer.

    Args:
        model: a network with an `input_layer`.
        info: what the inputs and the target are.
        regularization: pushes the eigenvalues of the input layer.
        optimizer: makes an optimizer from groups of parameters.
        lr_schedule: factor of the learning rate over training progress.
        input_scale: standard deviation of every input, or of every column of a basis, to enter the relevance;
            None for the bare norm.
        loss: `auto`, or one of `LOSSES`.
        eigenvalue_lr_factor: learning rate of the eigenvalues over that of everything else.
        seed: fixes what is random within an epoch (dropout), so that a resumed run repeats it.
        always_kept: inputs that never leave and are always selected; None if there are none.

    Raises:
        ValueError: if the loss does not fit the task, or eigenvalues are to be pushed that the model lacks or whose
            scale a batch norm undoes.
    """

    input_scale: Tensor | None

    def __init__(
        self,
        model: nn.Module,
        info: DatasetInfo,
        regularization: Regularization,
        optimizer: Callable[[Iterable[dict[str, Any]]], Optimizer],
        lr_schedule: Schedule,
        input_scale: Float[Tensor, "*n_functions n_features"] | None = None,
        loss: str = "auto",
        eigenvalue_lr_factor: float = 1.0,
        seed: int = 0,
        always_kept: Bool[Tensor, " n_features"] | None = None,
    ) -> None:
        super().__init__()
        loss = AUTO_LOSS[info.task] if loss == "auto" else loss
        if loss not in LOSSES:
            raise ValueError(f"loss must be one of auto, {', '.join(LOSSES)}, got {loss!r}")
        if LOSSES[loss][0] != info.task:
            raise ValueError(f"loss={loss} is for {LOSSES[loss][0]}, but {info.name} is a {info.task}; use loss=auto")
        if not eigenvalue_lr_factor > 0:
            raise ValueError(f"eigenvalue_lr_factor must be > 0, got {eigenvalue_lr_factor}")
        if regularization.strength > 0 and not isinstance(model.input_layer, SpectralLayer):
            raise ValueError(
                f"{type(model).__name__} has no eigenvalues for the regularization; add "
                "regularization.strength=0, or take model=spectral_mlp"
            )
        if isinstance(model.input_layer, SpectralLayer):
            if regularization.is_proximal and _has_batch_norm_behind(model, model.input_layer):
                raise ValueError(
                    f"regularization=group cannot press a layer with a batch norm behind it, as in this "
                    f"{type(model).__name__}: the norm undoes every shrinking; add regularization=path (or l1)"
                )
            regularization.prepare(model.input_layer)
        self.model = model
        self.info = info
        self.regularization = regularization
        self.loss_function = LOSSES[loss][1]
        self.seed = seed
        self._make_optimizer = optimizer
        self._lr_schedule = lr_schedule
        self._eigenvalue_lr_factor = eigenvalue_lr_factor
        self.val_metrics = validation_metrics(info).clone(prefix="val/")
        self.test_metrics = task_metrics(info).clone(prefix="test/")
        self.register_buffer("input_scale", input_scale, persistent=False)
        self._always_kept = always_kept
        self._whole: tuple[nn.Module, ...] = ()  # a copy of the model while it is shared out; not a submodule
        # DDP would lose sight of parameters that are replaced, and send buffers that never differ in every step. A
        # backward pass computes the first layer's gradient last, so DDP could not hide its averaging either.
        not_for_ddp = [*self._own_parameters, self.input_scale, *self.input_layer.buffers()]
        self._ddp_params_and_buffers_to_ignore = names_of(self, not_for_ddp)
        if isinstance(model.input_layer, SpectralLayer) and always_kept is not None:
            model.input_layer.keep_always(always_kept)
        self._n_steps = 1  # known when training starts
        self._columns: Tensor | None = None  # the inputs that training rows still hold; None for all
        self._positions: Tensor | None = None  # where among these those are that have not left since; None for all
        # Of the steps since the last look at them: no step waits for the device, or starts a kernel for the record.
        self._losses: list[Tensor]
        self._penalties: list[Tensor]
        self._steps: list[int]
        self._row_counts: list[int]

    def __setattr__(self, name: str, value: Any) -> None:
        # Lightning notes the hook that it is in some fifty times a step, and `nn.Module` would look through it for
        # parameters each time.
        if name == "_current_fx_name":
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    @property
    def input_layer(self) -> nn.Module:
        """The layer whose columns belong to the inputs."""
        layer: nn.Module = self.model.input_layer  # type: ignore[assignment]
        return layer

    @property
    def progress(self) -> float:
        """Share of the training steps that are done, in [0, 1]."""
        return min(self.global_step / self._n_steps, 1.0)

    @property
    def spectral_input_layer(self) -> SpectralLayer:
        """The input layer in spectral form; a plain one is converted, to the unit gauge, for reading."""
        layer = self.input_layer
        if isinstance(layer, SpectralLayer):
            return layer
        converted = spectral_form(layer, gauge="unit")
        if self.info.group_numbers is not None:
            converted.share_eigenvalues(self.info.group_numbers)
        if self._always_kept is not None:
            converted.keep_always(self._always_kept)
        return converted

    def forward(self, inputs: Float[Tensor, "n_rows *shape"]) -> Float[Tensor, "n_rows n_out"]:
        outputs: Tensor = self.model(inputs)
        return outputs

    def configure_model(self) -> None:
        if self.device_mesh is not None and self.trainer.state.fn == TrainerFn.FITTING:
            self._whole = (shard_head(self.model, self.input_layer, self.device_mesh),)

    def gather(self) -> None:
        """Put the model together on every rank, if training has shared its parameters out."""
        for whole in self._whole:
            self.model = gather(self.model, whole)
        self._whole = ()

    def seed_of_epoch(self, epoch: int) -> int:
        """Seed what is random within an epoch.

        Args:
            epoch: counted from 0.

        Returns:
            The seed.
        """
        return self.seed * 1_000_003 + epoch

    def layer_metrics(self, progress: float) -> dict[str, Tensor | float]:
        """Describe the input layer at a moment of training.

        Args:
            progress: share of the training steps that are done, in [0, 1].

        Returns:
            Metrics by name: how many inputs have any relevance, and the strength of the penalty.
        """
        return {
            "spectral/n_kept": (self.spectral_input_layer.relevance() > 0).sum().float(),
            "spectral/strength": self.regularization.strength_at(progress),
        }

    def on_train_start(self) -> None:
        copy_from_first_rank(self._own_parameters)

    def on_train_epoch_start(self) -> None:
        self._drop_columns()
        torch.manual_seed(self.seed_of_epoch(self.current_epoch) + 500_009 * self.global_rank)
        self._losses, self._penalties, self._steps, self._row_counts = [], [], [], []
        self._sums = torch.zeros(2, device=self.device)  # of loss and penalty over the rows of the epoch
        self._n_rows = 0

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        inputs, targets = batch
        loss = self.loss(self.model(self._without_dropped(inputs)), targets)
        penalty = self._penalty()
        self._losses.append(loss.detach())
        self._penalties.append(penalty.detach())
        self._steps.append(self.global_step)
        self._row_counts.append(len(targets))
        return self._weighted(loss, batch_idx) + penalty

    def on_after_backward(self) -> None:
        if self.trainer.world_size > 1:
            average_gradients(self._own_parameters)

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        layer = self.input_layer
        if isinstance(layer, SpectralLayer):
            n_kept = layer.n_kept
            optimizer = self.optimizers(use_pl_optimizer=False)
            self.regularization.after_step(
                layer,
                optimizer,  # type: ignore[arg-type]
                self.progress,
                self.global_step,
                self.input_scale,
            )
            if layer.n_kept < n_kept and self._columns is not None:
                self._positions = layer.mask[self._columns].nonzero().squeeze(1)
        is_last = self.trainer.is_last_batch
        if is_last or batch_idx % STEPS_BETWEEN_CHECKS == STEPS_BETWEEN_CHECKS - 1:
            self._look_at_steps()
        if is_last:
            loss, penalty = self._sums / self._n_rows
            values: dict[str, Tensor | float] = {
                "train/loss": loss,
                "spectral/penalty": penalty,
                **self.layer_metrics(self.progress),
            }
            self._log_means(values, self._n_rows)

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        self._evaluate(batch, self.val_metrics, "val/loss")

    def on_validation_epoch_end(self) -> None:
        self._log_scores(self.val_metrics)

    def on_validation_end(self) -> None:
        # Weights that the epoch's last step broke must not become its checkpoint.
        loss = self.trainer.callback_metrics.get("val/loss")
        if self.trainer.state.fn == TrainerFn.FITTING and loss is not None and not torch.isfinite(loss):
            raise diverged(self.global_step)

    def test_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        self._evaluate(batch, self.test_metrics, "test/loss")

    def on_test_epoch_end(self) -> None:
        self._log_scores(self.test_metrics)

    def configure_optimizers(self) -> Any:
        n_steps = max(int(self.trainer.estimated_stepping_batches), 1)
        optimizer, schedule = self.make_optimizer(n_steps, dict(self.named_parameters()))
        if self.regularization.is_proximal:
            self._check_proximal(optimizer)
        if schedule is None:
            return optimizer
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def make_optimizer(self, n_steps: int, parameters: Mapping[str, Tensor]) -> tuple[Optimizer, LambdaLR | None]:
        """Make what moves parameters, and its learning rate over training.

        Args:
            n_steps: length of the training.
            parameters: those of this module by name, or others that are to be moved in their place.

        Returns:
            The optimizer, the eigenvalues in its last group; and the schedule of the rate by steps, None if constant.
        """
        self._n_steps = n_steps
        layer = self.input_layer
        of_layer = set(names_of(self, [layer.eigenvalues])) if isinstance(layer, SpectralLayer) else set()
        eigenvalues, others = (
            [parameter for name, parameter in parameters.items() if (name in of_layer) == is_eigenvalue]
            for is_eigenvalue in (True, False)
        )
        # Optimizers take steps of shared-out parameters together, and of whole ones.
        shares, others = ([p for p in others if isinstance(p, DTensor) == is_share] for is_share in (True, False))
        groups = [{"params": params} for params in (shares, others, eigenvalues) if params]
        optimizer = self._make_optimizer(groups)
        if all(parameter.device.type == "cpu" for parameter in parameters.values()):
            skip_graph_check(optimizer)
        if eigenvalues:
            optimizer.param_groups[-1]["lr"] *= self._eigenvalue_lr_factor
        if isinstance(self._lr_schedule, Constant):
            return optimizer, None
        return optimizer, LambdaLR(optimizer, lambda step: self._lr_schedule(min(step / n_steps, 1.0)))

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip, then let the regularization act: this is the last hook before the optimizer's step."""
        super().configure_gradient_clipping(optimizer, gradient_clip_val, gradient_clip_algorithm)
        layer = self.input_layer
        if isinstance(layer, SpectralLayer):
            self.regularization.before_step(layer, optimizer, self.progress)

    def predict(self, outputs: Float[Tensor, "n_rows n_out"]) -> Shaped[Tensor, "n_rows *n_out"]:
        """Turn the model's outputs into what metrics compare with the target.

        Args:
            outputs: rows of outputs.

        Returns:
            Logits for classification; for regression values in the units of the target, shape (n_rows,).
        """
        return outputs if self.info.task == "classification" else self.in_units(outputs.squeeze(1))

    def in_units(self, targets: Shaped[Tensor, " n_rows"]) -> Shaped[Tensor, " n_rows"]:
        """Undo the standardisation of a regression target; class codes stay as they are.

        Args:
            targets: targets as the model is trained on.

        Returns:
            Targets in their own units.
        """
        if self.info.task == "classification":
            return targets
        return targets * self.info.target_scale + self.info.target_mean

    def loss(
        self, outputs: Float[Tensor, "*n_nets n_rows n_out"], targets: Shaped[Tensor, " n_rows"]
    ) -> Float[Tensor, ""]:
        """Compare outputs with the target, without the penalty.

        Args:
            outputs: rows of outputs, or those of networks side by side, shape (n_nets, n_rows, n_out).
            targets: targets as the model is trained on.

        Returns:
            The mean over the rows, and the networks.
        """
        if outputs.dim() == 3:
            outputs, targets = outputs.flatten(0, 1), targets.repeat(len(outputs))
        return self.loss_function(outputs if self.info.task == "classification" else outputs.squeeze(1), targets)

    @property
    def _own_parameters(self) -> list[Tensor]:
        """Parameters that the module itself keeps the same on all ranks, as no strategy of Lightning does."""
        layer = self.input_layer
        if self._whole:
            return list(layer.parameters())
        if self.regularization.n_final is not None and isinstance(layer, SpectralLayer):
            return [layer.eigenvalues, layer.raw_eigenvectors]  # replaced while the net trains, because inputs leave
        return []

    def _weighted(self, loss: Tensor, batch_idx: int) -> Tensor:
        """Weight the loss by this rank's rows, so that the mean over the ranks is that over the whole batch."""
        if self.trainer.world_size == 1:
            return loss
        return loss * cast(TensorLoader, self.trainer.train_dataloader).weight_of_share(batch_idx)

    def _drop_columns(self) -> None:
        """Leave the inputs that were dropped out of the training rows, so that batches are as small as the layer."""
        layer, loader = self.input_layer, cast(TensorLoader, self.trainer.train_dataloader)
        if not isinstance(layer, SpectralLayer) or not layer.takes_kept or bool(layer.mask.all()):
            return
        if self._columns is None:
            if self.info.unit == "activation" or loader.rows.n_features != layer.in_features:
                return  # the model makes its inputs of whole rows
            self._columns = torch.arange(layer.in_features, device=self.device)
        still_kept = layer.mask[self._columns]
        if not bool(still_kept.all()):
            loader.keep_features(still_kept.nonzero().squeeze(1))
            self._columns = self._columns[still_kept]
        self._positions = None

    def _without_dropped(self, inputs: Tensor) -> Tensor:
        """Bridge the time between the removal of an input and the next epoch, which leaves its column out."""
        return inputs if self._positions is None else take_columns(inputs, self._positions, axis=1)

    def _penalty(self) -> Tensor:
        layer = self.input_layer
        if isinstance(layer, SpectralLayer):
            return self.regularization.penalty(layer, self.progress)
        return torch.zeros((), device=self.device)

    def _evaluate(self, batch: tuple[Tensor, Tensor], metrics: MetricCollection, loss_name: str) -> None:
        inputs, targets = batch
        outputs = self.model(inputs)
        metrics.update(self.predict(outputs), self.in_units(targets))
        self._log_means({loss_name: self.loss(outputs, targets)}, len(targets))

    def _log_scores(self, metrics: MetricCollection) -> None:
        # Their values, for Lightning would look for metrics in every module of the net, which takes half a second.
        self.log_dict(metrics.compute(), sync_dist=True)
        metrics.reset()

    def _log_means(self, values: Mapping[str, Tensor | float], n_rows: int) -> None:
        """Log means over rows; over several ranks they become those over the rows of all."""
        # A float, for Lightning would round the mean of the ranks' numbers of rows down.
        weight = cast(int, float(n_rows))
        self.log_dict(values, on_step=False, on_epoch=True, sync_dist=True, batch_size=weight)

    def _check_proximal(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, (torch.optim.Adam, torch.optim.AdamW)):
            raise UserError(
                f"regularization=group has the step of Adam, got {type(optimizer).__name__}; add optimizer=adam"
            )
        if self.trainer.scaler is not None:
            raise UserError("regularization=group needs unscaled gradients; add trainer.precision=bf16-mixed")

    def _look_at_steps(self) -> None:
        """Add up the losses of the steps since the last look, and refuse those that are not finite."""
        values = torch.stack([torch.stack(self._losses).float(), torch.stack(self._penalties).float()])
        is_bad = ~torch.isfinite(values).all(dim=0).cpu()
        first = next((step for step, bad in zip(self._steps, is_bad.tolist(), strict=True) if bad), -1)
        step = int(self.trainer.strategy.reduce(torch.tensor(first, device=self.device), reduce_op="max"))
        if step >= 0:
            raise diverged(step)
        self._sums += values @ torch.tensor(self._row_counts, dtype=values.dtype, device=self.device)
        self._n_rows += sum(self._row_counts)
        for of_steps in (self._losses, self._penalties, self._steps, self._row_counts):
            of_steps.clear()


def _has_batch_norm_behind(model: nn.Module, layer: nn.Module) -> bool:
    modules = list(model.modules())
    return any(isinstance(module, _BatchNorm) for module in modules[modules.index(layer) :])


def diverged(step: int) -> TrainingDivergedError:
    """Say that the loss became NaN or infinite.

    Args:
        step: the training step.

    Returns:
        An error to raise.
    """
    return TrainingDivergedError(
        f"the loss became NaN or infinite at step {step}; the learning rate is the likely cause: try "
        "optimizer.lr at a tenth, or trainer.gradient_clip_val=1.0 (the last checkpoint is from before)"
    )
