"""Train a batch of networks, epoch by epoch, and let each go when it is done."""

import math
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial

import torch

from spectral_exp.counting import counted
from spectral_exp.errors import UserError
from spectral_exp.evaluation.task_metrics import validation_metrics
from spectral_exp.layer.spectral_layer import SpectralLayer
from spectral_exp.members.batches import batches_for_all, rows_in_common, training_batches
from spectral_exp.members.member import Member
from spectral_exp.members.stack import Stack
from spectral_exp.module.spectral_module import diverged
from spectral_exp.tracking.console import EpochBar

SECONDS_BETWEEN_SAVES = 60.0


class BatchTraining:
    """Members that are trained together.

    Args:
        members: with networks of one shape, equally many rows and steps, and equally many epochs behind them.
        is_shared: all see the batches of the first one, in its order, also when it has left.
        bar: what the user sees.

    Attributes:
        members: those that still train.
        has_begun: a step has been done.
        seconds: spent on training so far.
        failed: members whose loss became NaN or infinite, or whose records could not be written, with the error.
    """

    def __init__(self, members: Sequence[Member], is_shared: bool, bar: EpochBar) -> None:
        self.members = sorted(members, key=lambda member: member.optimizer_key)
        self.failed: dict[Member, Exception] = {}
        self.seconds = 0.0
        self._everybodys = members[0].loader if is_shared else None
        self._bar = bar
        self.has_begun = False
        self._batch_size = members[0].loader.batch_size
        self._metrics = validation_metrics(members[0].run.data.info, "val/", is_synced=False)
        self._saved_at = time.monotonic()
        self._epoch = members[0].epochs_done
        self._step = self._epoch * len(members[0].loader)

    def train(self) -> Iterator[Member]:
        """Train until nobody is left.

        Yields:
            Members as they come to their end, their networks their own; those that fail are in `failed`.
        """
        self._bar.start(self.members[0].max_epochs, self.members[0].n_steps, self._epoch, self._step)
        try:
            self._stack = self._make_stack()
            while self.members:
                finished = [member for member in self.members if member.is_over]
                if finished or time.monotonic() - self._saved_at > SECONDS_BETWEEN_SAVES:
                    self.save()
                self._leave(finished)
                for member in finished:
                    if self._attempt(member, member.end):
                        yield member
                started = time.perf_counter()
                if self.members:
                    self._train_epoch()
                self.seconds += time.perf_counter() - started
        finally:  # whatever has happened
            self._bar.stop()
            for member in self.members:
                member.close()

    def save(self) -> None:
        """Write the checkpoints of all members."""
        self._stack.sync()
        for member in self.members:
            member.save()
        self._saved_at = time.monotonic()

    def _train_epoch(self) -> None:
        members = self.members
        for member in members:
            member.begin_epoch(None if self._everybodys else len(members))
        if self._everybodys:
            self._everybodys.set_epoch(self._epoch)
        first_step = self._step
        n_rows: list[int] = []
        of_steps = torch.empty(len(members[0].loader), 2, len(members), device=members[0].device)
        for place, batch in enumerate(training_batches(members, self._everybodys)):
            of_steps[place, 0], of_steps[place, 1] = self._stack.step(batch, self._progress)
            n_rows.append(batch.targets.shape[-1])
            self._step += 1
            self.has_begun = True
            if self._removes_inputs():
                self._remove_inputs()
            if members[0].records(self._step):  # how often is a setting that all have
                for member in members:
                    member.record_step(self._step)
            self._bar.advance(self._epoch, self._step)
        of_epoch = self._validate()
        of_steps = of_steps.cpu()
        weights = torch.tensor(n_rows) / sum(n_rows)
        means = torch.einsum("s,sij->ij", weights, of_steps)
        is_bad = ~of_steps.isfinite().all(1)
        for place, (member, metrics) in enumerate(zip(members, of_epoch, strict=True)):
            metrics["train/loss"], metrics["spectral/penalty"] = means[:, place].tolist()
            if is_bad[:, place].any():
                self.failed[member] = diverged(first_step + int(is_bad[:, place].int().argmax()))
            elif not math.isfinite(metrics["val/loss"]):
                self.failed[member] = diverged(self._step)
            else:
                self._attempt(member, partial(member.end_epoch, metrics))
        self._epoch += 1
        self._bar.end_epoch(self._epoch, f"{counted(len(members), 'network')}  loss {float(means[0].mean()):.4f}")
        self._leave([member for member in members if member in self.failed])

    def _attempt(self, member: Member, act: Callable[[], None]) -> bool:
        """Let a member do what may fail, its disk being full, say, and note it down if it does."""
        try:
            act()
        except (UserError, OSError) as error:
            self.failed[member] = error
            return False
        return True

    def _removes_inputs(self) -> bool:
        """Whether inputs are to leave now; it is a matter of progress, and so the same for all."""
        module = self.members[0].module
        layer = module.input_layer
        return isinstance(layer, SpectralLayer) and module.regularization.acts_after_step(layer, self._progress)

    def _remove_inputs(self) -> None:
        """Let the same number of inputs leave every network, of each its own."""
        self._stack.sync()
        for member in self.members:
            module = member.module
            layer = module.spectral_input_layer
            module.regularization.after_step(layer, member.optimizer, self._progress, self._step, module.input_scale)
            member.inputs_left()
        self._stack = self._make_stack()

    def _validate(self) -> list[dict[str, float]]:
        of_members: dict[int, dict[str, float]] = {}
        for places, rows in rows_in_common(self.members):
            members = [self.members[place] for place in places]
            n_rows = self._batch_size * len(self.members) // len(members)  # they take the memory of a training batch
            batches = batches_for_all(members, rows, n_rows)
            outputs = self._stack.outputs(batches, places).cpu()  # at once: scores wait for the device, each of them
            targets = rows.targets.cpu()
            for place, member, of_member in zip(places, members, outputs, strict=True):
                of_members[place] = member.scores(of_member, targets, self._progress, self._metrics)
        return [of_members[place] for place in range(len(self.members))]

    @property
    def _progress(self) -> float:
        return min(self._step / self.members[0].n_steps, 1.0)

    def _leave(self, leaving: Collection[Member]) -> None:
        """Go on without some members."""
        if not leaving:
            return
        self._stack.sync()
        for member in leaving:
            member.take_tensors()
            if member in self.failed:
                member.close()
        self.members = [member for member in self.members if member not in leaving]
        if self.members:
            self._stack = self._make_stack()

    def _make_stack(self) -> Stack:
        trainer = self.members[0].trainer
        clip = trainer.gradient_clip_val
        algorithm = str(trainer.gradient_clip_algorithm or "norm")
        return Stack(self.members, self.members[0].n_steps, self._step, None if clip is None else (clip, algorithm))
