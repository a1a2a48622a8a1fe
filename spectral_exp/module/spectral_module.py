"""Training, validation and test of a model whose first layer is spectral."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import torch
from jaxtyping import Bool, Float, Shaped
from pytorch_lightning.trainer.states import TrainerFn
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR
from torchmetrics import MetricCollection

from spectral_exp.collectives import names_of
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.loading import TensorLoader
from spectral_exp.errors import UserError
from spectral_exp.evaluation.task_loss import task_loss
from spectral_exp.evaluation.task_metrics import task_metrics, validation_metrics
from spectral_exp.layer.spectral_layer import SpectralLayer
from spectral_exp.layer.spectralize import spectral_form
from spectral_exp.module.held_inputs import HeldInputs
from spectral_exp.module.idle_hooks import skip_graph_check
from spectral_exp.module.several_devices import SeveralDevicesModule
from spectral_exp.module.step_losses import NONE, StepLosses
from spectral_exp.regularization.regularization import Regularization
from spectral_exp.regularization.schedule.constant import Constant
from spectral_exp.regularization.schedule.schedule import Schedule

STEPS_BETWEEN_CHECKS = 100


class TrainingDivergedError(RuntimeError):
    """The loss, or the relevance of an input, became NaN or infinite."""


class SpectralModule(SeveralDevicesModule):
    """Fit a model with the penalty on the eigenvalues of its input layer.

    Args:
        model: a network with an `input_layer`.
        info: what the inputs and the target are.
        regularization: pushes the eigenvalues of the input layer.
        optimizer: makes an optimizer from groups of parameters.
        lr_schedule: factor of the learning rate over training progress.
        input_scale: standard deviation of every input, or of every column of a basis, to enter the relevance;
            None for the bare norm.
        loss: what the task is trained on; see `task_loss`.
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
        super().__init__(model)
        if not eigenvalue_lr_factor > 0:
            raise ValueError(f"eigenvalue_lr_factor must be > 0, got {eigenvalue_lr_factor}")
        _check_regularization(regularization, model)
        if isinstance(model.input_layer, SpectralLayer):
            regularization.prepare(model.input_layer)
            if always_kept is not None:
                model.input_layer.keep_always(always_kept)
        self.info = info
        self.regularization = regularization
        self.loss_function = task_loss(loss, info)
        self.seed = seed
        self._make_optimizer = optimizer
        self._lr_schedule = lr_schedule
        self._eigenvalue_lr_factor = eigenvalue_lr_factor
        self.val_metrics = validation_metrics(info, "val/")
        self.test_metrics = task_metrics(info, "test/")
        self.register_buffer("input_scale", input_scale, persistent=False)
        self._always_kept = always_kept
        self.keep_from_ddp(self.input_scale)
        # Known when training starts.
        self._n_steps = 1
        self._held: HeldInputs | None = None
        self._losses: StepLosses

    def __setattr__(self, name: str, value: Any) -> None:
        # Lightning notes the hook that it is in some fifty times a step, and `nn.Module` would look through it for
        # parameters each time.
        if name == "_current_fx_name":
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    @property
    def replaced_parameters(self) -> list[Tensor]:
        layer = self.input_layer
        if self.regularization.n_final is None or not isinstance(layer, SpectralLayer):
            return []
        return [layer.eigenvalues, layer.raw_eigenvectors]  # a path removes inputs

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
        super().on_train_start()
        self._held = self._find_held()

    def on_train_epoch_start(self) -> None:
        if self._held is not None:
            self._held.start_epoch()
        torch.manual_seed(self.seed_of_epoch(self.current_epoch) + 500_009 * self.global_rank)
        self._losses = StepLosses(self.device)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        inputs, targets = batch
        kept = inputs if self._held is None else self._held.kept_of(inputs)
        loss = self.loss(self.model(kept), targets)
        penalty = self._penalty()
        self._losses.add(loss, penalty, self.global_step, len(targets))
        return self.weighted(loss, batch_idx) + penalty

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
            if layer.n_kept < n_kept and self._held is not None:
                self._held.inputs_left()
        is_last = self.trainer.is_last_batch
        if is_last or batch_idx % STEPS_BETWEEN_CHECKS == STEPS_BETWEEN_CHECKS - 1:
            self._refuse_diverged()
        if is_last:
            loss, penalty = self._losses.means()
            values: dict[str, Tensor | float] = {
                "train/loss": loss,
                "spectral/penalty": penalty,
                **self.layer_metrics(self.progress),
            }
            self.log_means(values, self._losses.n_rows)

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        self._evaluate(batch, self.val_metrics, "val/loss")

    def on_validation_epoch_end(self) -> None:
        self._log_scores(self.val_metrics)

    def on_validation_end(self) -> None:
        # Weights that the epoch's last step broke must not become its checkpoint.
        loss = self.trainer.callback_metrics.get("val/loss")
        if self.trainer.state.fn != TrainerFn.FITTING or loss is None:
            return
        if not torch.isfinite(loss):
            raise diverged(self.global_step)
        if not torch.isfinite(self.spectral_input_layer.relevance()).all():
            raise diverged(self.global_step, "relevance of an input")

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

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        super().optimizer_step(*args, **kwargs)
        # Now, not before the next backward pass: they would take memory beside its forward pass.
        self.optimizers(use_pl_optimizer=False).zero_grad()  # type: ignore[union-attr]

    def optimizer_zero_grad(self, *args: Any) -> None:
        pass  # see `optimizer_step`

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
            return self.losses(outputs, targets).mean()
        return self.loss_function(outputs if self.info.task == "classification" else outputs.squeeze(1), targets)

    def losses(
        self, outputs: Float[Tensor, "n_nets *more n_rows n_out"], targets: Shaped[Tensor, "*n_nets n_rows"]
    ) -> Float[Tensor, " n_nets"]:
        """Compare the outputs of several networks with the target, without the penalty.

        Args:
            outputs: rows of outputs of each.
            targets: targets as the models are trained on, of each or the same for all.

        Returns:
            The mean over everything else, for each.
        """
        shape = outputs.shape[:-1]
        of_rows = targets.reshape(*targets.shape[:-1], *[1] * (len(shape) - 2), -1).expand(shape).flatten()
        flat = outputs.flatten(0, -2)
        flat = flat if self.info.task == "classification" else flat.squeeze(1)
        return self.loss_function(flat, of_rows, reduction="none").reshape(len(outputs), -1).mean(1)

    def _find_held(self) -> HeldInputs | None:
        """Let the training rows follow what leaves the layer, unless the model makes its inputs of whole rows."""
        layer, loader = self.input_layer, cast(TensorLoader, self.trainer.train_dataloader)
        if not isinstance(layer, SpectralLayer) or not layer.takes_kept or self.info.unit == "activation":
            return None
        return HeldInputs(layer, loader) if loader.rows.n_features == layer.in_features else None

    def _penalty(self) -> Tensor:
        layer = self.input_layer
        if isinstance(layer, SpectralLayer):
            return self.regularization.penalty(layer, self.progress)
        return torch.zeros((), device=self.device)

    def _evaluate(self, batch: tuple[Tensor, Tensor], metrics: MetricCollection, loss_name: str) -> None:
        inputs, targets = batch
        outputs = self.model(inputs)
        metrics.update(self.predict(outputs), self.in_units(targets))
        self.log_means({loss_name: self.loss(outputs, targets)}, len(targets))

    def _log_scores(self, metrics: MetricCollection) -> None:
        # Their values, for Lightning would look for metrics in every module of the net, which takes half a second.
        self.log_dict(metrics.compute(), sync_dist=True)
        metrics.reset()

    def _check_proximal(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, (torch.optim.Adam, torch.optim.AdamW)):
            raise UserError(
                f"regularization=group has the step of Adam, got {type(optimizer).__name__}; add optimizer=adam"
            )
        if self.trainer.scaler is not None:
            raise UserError("regularization=group needs unscaled gradients; add trainer.precision=bf16-mixed")

    def _refuse_diverged(self) -> None:
        """Refuse losses of the steps since the last look that are not finite, on whichever rank."""
        step = self.highest(self._losses.look())
        if step != NONE:
            raise diverged(step)


def _check_regularization(regularization: Regularization, model: nn.Module) -> None:
    layer = model.input_layer
    if not isinstance(layer, SpectralLayer):
        if regularization.strength > 0:
            raise ValueError(
                f"{type(model).__name__} has no eigenvalues for the regularization; add "
                "regularization.strength=0, or take model=spectral_mlp"
            )
    elif regularization.is_proximal and _has_batch_norm_behind(model, layer):
        raise ValueError(
            f"regularization=group cannot press a layer with a batch norm behind it, as in this "
            f"{type(model).__name__}: the norm undoes every shrinking; add regularization=path (or l1)"
        )


def _has_batch_norm_behind(model: nn.Module, layer: nn.Module) -> bool:
    modules = list(model.modules())
    return any(isinstance(module, _BatchNorm) for module in modules[modules.index(layer) :])


def diverged(step: int, what: str = "loss") -> TrainingDivergedError:
    """Say that the training became NaN or infinite.

    Args:
        step: the training step.
        what: the value that did.

    Returns:
        An error to raise.
    """
    return TrainingDivergedError(
        f"the {what} became NaN or infinite at step {step}; the learning rate is the likely cause: try "
        "optimizer.lr at a tenth, or trainer.gradient_clip_val=1.0 (the last checkpoint is from before)"
    )
