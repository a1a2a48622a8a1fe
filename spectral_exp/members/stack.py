"""Networks of one shape as one batch of networks: stacked parameters, batched products, one step for all."""

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby, pairwise, zip_longest
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from spectral_exp.collectives import names_of
from spectral_exp.functional.transformed import stacked_nets
from spectral_exp.layer.spectral_layer import SpectralLayer
from spectral_exp.layer.spectral_linear import SpectralLinear
from spectral_exp.members.batches import StackedBatch
from spectral_exp.members.chain import Chain, is_chain
from spectral_exp.members.dropout import draw_masks, give_dropout
from spectral_exp.members.member import Member
from spectral_exp.members.recorded import Recorded
from spectral_exp.module.spectral_module import SpectralModule
from spectral_exp.regularization.regularization import Regularization

Named = dict[str, Tensor]


@dataclass(frozen=True)
class _Chunk:
    """Neighbours in a stack that one optimizer moves."""

    first: int
    end: int
    parameters: Named
    optimizer: Optimizer
    scheduler: LambdaLR | None


class Stack:
    """The networks of members, moved together.

    The parameters and buffers of a member's own module become views of the stacked ones, so that whoever looks at
    the module sees the current weights. What the optimizers remember is handed back by `sync`.

    Args:
        members: networks of the same shape; those with the same `optimizer_key` stand together.
        n_steps: length of the training.
        steps_done: how many of them are done.
        clip: Lightning's `gradient_clip_val` and `gradient_clip_algorithm`; None for no limit.

    Attributes:
        members: as given.
    """

    def __init__(
        self, members: Sequence[Member], n_steps: int, steps_done: int, clip: tuple[float, str] | None = None
    ) -> None:
        self.members = list(members)
        self._steps_done = steps_done
        self._clip = clip
        self._recorded = Recorded()
        self._device = members[0].device
        self._precision = members[0].trainer.precision_plugin
        self._model = _model_of(members[0].module)
        self._dropouts = give_dropout(self._model)
        if is_chain(self._model):
            self._model = Chain(self._model)
        self._penalty = _Penalty(self._model, members[0].module.regularization)
        owned = [_tensors(member) for member in members]
        names = [f"model.{name}" for name, _ in (*self._model.named_parameters(), *self._model.named_buffers())]
        self._values = {name: torch.stack([own[name].detach() for own in owned]) for name in names}
        self._parameters = {name: self._values[name] for name in names if owned[0][name].requires_grad}
        for parameter in self._parameters.values():
            parameter.requires_grad_()
        self._chunks = list(self._make_chunks(n_steps))
        for position, own in enumerate(owned):
            for name in names:
                own[name].data = self._values[name].detach()[position]
        for name, coefficients in _kept_coefficients(members).items():
            self._values[name] = coefficients

    def step(
        self, batch: StackedBatch, progress: float
    ) -> tuple[Float[Tensor, " n_members"], Float[Tensor, " n_members"]]:
        """Train all members on a batch.

        Args:
            batch: their rows.
            progress: share of the training steps that are done, in [0, 1].

        Returns:
            Losses and penalties before the step.
        """
        if not self._model.training:
            self._model.train()
        strengths = torch.tensor([one.module.regularization.strengths_at(progress) for one in self.members])
        arguments = (batch.inputs, batch.targets, strengths.to(self._device), *self._draw_masks(batch))
        compute = partial(self._losses_and_gradients, batch.inputs_axis)
        losses, penalties, *gradients = self._recorded(compute, arguments)
        if self._clip is not None:
            _clip_each(gradients, *self._clip)
        self._steps_done += 1
        for chunk in self._chunks:
            for parameter, gradient in zip(chunk.parameters.values(), gradients, strict=True):
                parameter.grad = gradient[chunk.first : chunk.end]
            chunk.optimizer.step()
            _set_rates(chunk.scheduler, self._steps_done)
        return losses, penalties

    @torch.no_grad()
    def outputs(self, batches: Iterable[StackedBatch], places: Sequence[int]) -> Float[Tensor, "n_places n_rows n_out"]:
        """Run members on rows, as they are used.

        Args:
            batches: the rows, one after the other.
            places: which members.

        Returns:
            The outputs of each of them.
        """
        self._model.eval()
        is_of_all = list(places) == list(range(len(self.members)))
        values = self._values if is_of_all else {name: value[places] for name, value in self._values.items()}
        with self._precision.forward_context():
            return torch.cat([self._run(values, batch.inputs, batch.inputs_axis) for batch in batches], dim=1)

    def sync(self) -> None:
        """Hand the members back what their optimizers and schedules remember."""
        for chunk in self._chunks:
            for position, member in enumerate(self.members[chunk.first : chunk.end]):
                own = dict(member.module.named_parameters())
                for name, parameter in chunk.parameters.items():
                    state = chunk.optimizer.state.get(parameter, {})
                    member.optimizer.state[own[name]] = {
                        key: value[position] if value.dim() else value.clone() for key, value in state.items()
                    }
                _set_rates(member.scheduler, self._steps_done)

    def _make_chunks(self, n_steps: int) -> Iterator[_Chunk]:
        sizes = [len(list(same)) for _, same in groupby(self.members, key=lambda member: member.optimizer_key)]
        bounds = [sum(sizes[:place]) for place in range(len(sizes) + 1)]
        for first, end in pairwise(bounds):
            members = self.members[first:end]
            # Views without a history: an optimizer takes leaves only.
            parameters = {name: value.detach()[first:end] for name, value in self._parameters.items()}
            optimizer, scheduler = members[0].module.make_optimizer(n_steps, parameters)
            owned = [dict(member.module.named_parameters()) for member in members]
            for name, parameter in parameters.items():
                states = [member.optimizer.state.get(own[name], {}) for member, own in zip(members, owned, strict=True)]
                if states[0]:
                    optimizer.state[parameter] = {
                        key: torch.stack([state[key] for state in states]) if value.dim() else value.clone()
                        for key, value in states[0].items()
                    }
            _set_rates(scheduler, self._steps_done)
            yield _Chunk(first, end, parameters, optimizer, scheduler)

    def _losses_and_gradients(
        self,
        inputs_axis: int | None,
        inputs: Tensor,
        targets: Tensor,
        strengths: Tensor,
        *masks: Tensor,
    ) -> list[Tensor]:
        with self._precision.forward_context():
            outputs = self._run(self._values, inputs, inputs_axis, masks)
            losses = self.members[0].module.losses(outputs, targets)
            penalties = vmap(self._penalize)(self._penalty.values(self._values), strengths)
        parameters = list(self._parameters.values())
        found = torch.autograd.grad((losses + penalties).sum(), parameters)
        gradients = [_laid_out_as(parameter, one) for parameter, one in zip(parameters, found, strict=True)]
        return [losses.detach(), penalties.detach(), *gradients]

    def _run(
        self, values: Named, inputs: Tensor, inputs_axis: int | None, masks: Sequence[Tensor] = ()
    ) -> Float[Tensor, "n_nets n_rows n_out"]:
        """The outputs of networks."""
        values = {name.removeprefix("model."): value for name, value in values.items()}
        if isinstance(self._model, Chain):
            return self._run_model(values, inputs.flatten(1 if inputs_axis is None else 2), masks)
        with stacked_nets():
            outputs: Tensor = vmap(self._run_model, in_dims=(0, inputs_axis, 0))(values, inputs, list(masks))
        return outputs

    def _run_model(self, values: Named, inputs: Tensor, masks: Sequence[Tensor]) -> Tensor:
        for dropout, mask in zip_longest(self._dropouts, masks):
            dropout.mask = mask
        outputs: Tensor = functional_call(self._model, values, (inputs,))
        return outputs

    def _penalize(self, values: Named, strengths: Tensor) -> Tensor:
        penalty: Tensor = functional_call(self._penalty, values, (strengths,))
        return penalty

    def _draw_masks(self, batch: StackedBatch) -> list[Tensor]:
        if not self._dropouts:
            return []
        if not self._dropouts[0].shape:  # which a forward pass tells
            self.outputs([batch], range(len(self.members)))
            self._model.train()
        generators = [member.generator for member in self.members]
        return draw_masks(self._dropouts, generators, n_rows=batch.targets.shape[-1])


class _Penalty(nn.Module):
    """The penalty on a network's input layer, 0 for a plain one; the parameters come with every call."""

    def __init__(self, model: nn.Module, regularization: Regularization) -> None:
        super().__init__()
        self.layer = cast(nn.Module, model.input_layer)
        self._prefix = next(name for name, one in model.named_modules() if one is self.layer)
        self._regularization = regularization

    def values(self, of_module: Named) -> Named:
        """Those of the layer among the tensors of a module."""
        names = (name for name, _ in (*self.layer.named_parameters(), *self.layer.named_buffers()))
        return {f"layer.{name}": of_module[f"model.{self._prefix}.{name}"] for name in names}

    def forward(self, strengths: Tensor) -> Tensor:
        if not isinstance(self.layer, SpectralLayer):
            return torch.zeros_like(strengths[0])
        terms = self._regularization.terms(self.layer)
        return (strengths * torch.stack(terms)).sum()


def _model_of(module: SpectralModule) -> nn.Module:
    """A copy of a member's network, for rows of the kept inputs alone, other ones for every member."""
    model = deepcopy(module.model)
    layer = model.input_layer
    if isinstance(layer, SpectralLayer) and layer.columns.kept is not None:
        layer.columns = replace(layer.columns, in_features=layer.n_kept, kept=None)
    return model


def _tensors(member: Member) -> Named:
    return dict(member.module.named_parameters()) | dict(member.module.named_buffers())


def _kept_coefficients(members: Sequence[Member]) -> Named:
    """Those of a basis for the kept inputs, other ones for every member; nothing while all inputs are kept."""
    layer = members[0].module.input_layer
    if not isinstance(layer, SpectralLinear) or layer.basis is None or layer.columns.kept is None:
        return {}
    (name,) = names_of(members[0].module, [layer.basis.coefficients])
    masks = [member.module.spectral_input_layer.mask for member in members]
    return {name: torch.stack([_tensors(one)[name][..., mask] for one, mask in zip(members, masks, strict=True)])}


def _set_rates(scheduler: LambdaLR | None, step: int) -> None:
    """Set the learning rates as that many steps of the schedule would."""
    if scheduler is None:
        return
    rates = [base * factor(step) for base, factor in zip(scheduler.base_lrs, scheduler.lr_lambdas, strict=True)]
    for group, rate in zip(scheduler.optimizer.param_groups, rates, strict=True):
        group["lr"] = rate
    vars(scheduler).update(last_epoch=step, _step_count=step + 1, _last_lr=rates)


def _laid_out_as(parameter: Tensor, gradient: Tensor) -> Tensor:
    """Optimizers run through both in memory, and take it for granted that the order is the same."""
    is_alike = gradient.stride() == parameter.stride()
    return gradient if is_alike else torch.empty_like(parameter, requires_grad=False).copy_(gradient)


def _clip_each(gradients: Sequence[Tensor], limit: float, algorithm: str) -> None:
    """Clip the gradients of every member as `torch.nn.utils` would those of one."""
    if algorithm == "value":
        for gradient in gradients:
            gradient.clamp_(-limit, limit)
        return
    norms = torch.stack([gradient.flatten(1).norm(dim=1) for gradient in gradients]).norm(dim=0)
    factors = (limit / (norms + 1e-6)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(factors.reshape(-1, *[1] * (gradient.dim() - 1)))
