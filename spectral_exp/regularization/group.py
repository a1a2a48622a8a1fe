"""Group lasso on the columns of the weight, by a proximal step: exact zeros."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.optim import Optimizer

from spectral_exp.functional.proximal import block_soft_threshold
from spectral_exp.layer.spectral_layer import SpectralLayer
from spectral_exp.regularization.regularization import Regularization

# A column at 0 forgets the gradients of past batches so much more slowly than others: their noise must not revive it.
SLOWER_AT_ZERO = 0.1


class Group(Regularization):
    r"""Minimise loss + strength * sum_j |lambda_j| in the unit gauge, where |lambda_j| = ||w_:j||, with exact zeros.

    The weight of the layer is moved as a whole: a step of Adam with one second moment per column, so that the
    column has one step size s_j = lr / (sqrt(v_j) + eps), then a soft threshold by strength * s_j
    (`block_soft_threshold`). A column whose step ends within the threshold is exactly 0. It comes back when the
    running mean of its gradient, over ten times as many steps as that of other columns, is longer than the
    strength of that moment: the gradient is that of the dense weight, which an eigenvalue of 0 does not hide.
    Columns that share an eigenvalue, of a group or of one input, are moved as one block in the same way, and the
    strength for a group of p inputs is sqrt(p) times as high (`SpectralLayer.weigh`).

    A net can undo the penalty by shrinking this layer and growing the next: let the others decay
    (`optimizer.weight_decay`), and let no batch norm follow.

    Rate and betas are those of the optimizer's group that holds the eigenvectors; weight decay, and the
    eigenvalues' own learning rate, are for the other parameters and the other penalties. The
    running means lie in the optimizer's state, and so in the checkpoint.

    Args:
        strength: the penalty's factor, >= 0.
        schedule: makes the strength a function of training progress.
    """

    is_proximal = True

    def prepare(self, layer: SpectralLayer) -> None:
        try:
            layer.train_weight()
        except ValueError as error:
            raise ValueError(
                "regularization=group acts on the norms of the weight columns: add model.gauge=unit, and leave "
                "model.train_output_eigenvalues=false"
            ) from error

    def terms(self, layer: SpectralLayer) -> tuple[Float[Tensor, ""], ...]:
        # For the record: what it does to the weight is done by the threshold.
        return (torch.linalg.vector_norm(layer.weigh(layer.eigenvalues.detach()), 1),)

    @torch.no_grad()
    def before_step(self, layer: SpectralLayer, optimizer: Optimizer, progress: float) -> None:
        weight = layer.raw_eigenvectors
        gradient = weight.grad
        if gradient is None:
            return
        weight.grad = None  # the optimizer passes over parameters without a gradient
        options = next(group for group in optimizer.param_groups if any(one is weight for one in group["params"]))
        state = optimizer.state[weight]
        if not state:  # Adam's names: when a state is loaded it looks at them
            state["step"] = torch.tensor(0.0)
            state["exp_avg"] = torch.zeros_like(weight)
            state["exp_avg_share"] = torch.zeros_like(layer.eigenvalues)
            state["exp_avg_sq"] = torch.zeros_like(layer.eigenvalues)
        step, mean, mean_square = state["step"], state["exp_avg"], state["exp_avg_sq"]
        of_mean, of_square = options["betas"]
        step += 1
        forgotten = torch.full_like(layer.eigenvalues, 1 - of_mean)
        forgotten.masked_fill_(layer.eigenvalues == 0, SLOWER_AT_ZERO * (1 - of_mean))
        mean.lerp_(gradient, layer.per_column(forgotten).expand_as(mean))
        # How much of the mean is gradients and not the zeros it started from: 1 - beta^step for a constant beta.
        share = state["exp_avg_share"].lerp_(torch.ones_like(forgotten), forgotten)
        mean_square.lerp_(_block_mean(gradient.square().mean(dim=0), layer), 1 - of_square)
        step_size = options["lr"] / ((mean_square / (1 - of_square**step)).sqrt_() + options["eps"])
        moved = weight - mean * layer.per_column(step_size / share)
        threshold = layer.weigh(self.strength_at(progress) * step_size)
        layer.set_weight(block_soft_threshold(moved, threshold, layer.columns.blocks))


def _block_mean(values: Float[Tensor, " n_columns"], layer: SpectralLayer) -> Float[Tensor, " n_eigenvalues"]:
    """The mean over the columns that share an eigenvalue."""
    if layer.columns.blocks is None:
        return values
    return layer.per_eigenvalue(values) / layer.per_eigenvalue(torch.ones_like(values))
