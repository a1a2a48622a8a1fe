"""Start the processes that train together with this one on its machine, and end with them."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import torch.distributed as dist
from omegaconf import DictConfig, OmegaConf

from spectral_exp.build import build
from spectral_exp.errors import RankFailedError, UserError
from spectral_exp.tracking.status import describe_exit, record_end

WORKER = "spectral_exp.rank_worker"
SECONDS_BETWEEN_LOOKS = 0.2
SECONDS_TO_DIE = 5.0  # a rank whose connection is lost has begun to end
SECONDS_TO_NOTICE = 30.0  # gloo tells at once that a rank is gone, NCCL may never
SECONDS_TO_FINISH = 60.0  # the ranks end at about the same time


@contextmanager
def other_ranks(config: DictConfig, folder: Path) -> Iterator[None]:
    """Run what is inside on as many devices as the trainer has, each with a process of its own.

    The others are given the configuration and do the same as this process, but write nothing. They start here and
    not by Lightning, which would run the command line again, and would answer the end of one with SIGKILL for all.
    Nothing is started for one device, nor if torchrun or Slurm has done so.

    Args:
        config: what `conf/train.yaml` composes to.
        folder: the run folder.

    Yields:
        Nothing; the work goes on inside.

    Raises:
        RankFailedError: if another process ended badly.
        UserError: if the processes cannot be started from here.
    """
    n_ranks = _n_to_start(config)
    if n_ranks == 1:
        yield
        return
    variables = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port()), "WORLD_SIZE": str(n_ranks)}
    variables |= {"NODE_RANK": "0", "LOCAL_RANK": "0"}  # from which Lightning knows that the ranks are there
    os.environ.update(variables)
    plain = OmegaConf.to_container(config, resolve=True)
    order = json.dumps({"path": sys.path, "config": plain, "folder": str(folder.absolute())})
    ranks: list[RankProcess] = []
    try:
        for rank in range(1, n_ranks):
            ranks.append(RankProcess(order, rank, n_ranks))
        with _watched(ranks, folder):
            try:
                yield
                dist.destroy_process_group()
                _raise_if_failed(ranks, SECONDS_TO_FINISH)
            except RuntimeError as error:
                if type(error) is RuntimeError or isinstance(error, dist.DistError):  # perhaps a lost connection
                    _raise_if_failed(ranks, SECONDS_TO_DIE)
                raise
    finally:
        for process in ranks:
            process.end()
        if dist.is_initialized() and dist.get_backend() != "nccl":  # which could wait for those that are gone
            dist.destroy_process_group()
        for name in variables:
            os.environ.pop(name, None)


class RankProcess:
    """Another process that trains with this one.

    It ends when this one does: its standard input closes then.

    Args:
        order: what it is to do, as JSON.
        rank: its number, from 1.
        n_ranks: number of processes in all.
    """

    def __init__(self, order: str, rank: int, n_ranks: int) -> None:
        self._rank = rank
        self._n_ranks = n_ranks
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  # read when it has ended badly
        self._process = subprocess.Popen(
            [sys.executable, "-m", WORKER],
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LOCAL_RANK": str(rank)},
            start_new_session=True,  # Ctrl-C is for the first rank, which ends the others
        )
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(order.encode() + b"\n")
            self._process.stdin.flush()

    def wait(self, seconds: float) -> int | None:
        """Wait for the end.

        Args:
            seconds: how long at most.

        Returns:
            The exit code, negative for a signal; None if it still runs.
        """
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode

    def failure(self) -> RankFailedError | None:
        """Say why it ended badly.

        Returns:
            The error, with all that the process printed as its cause; None if it still runs, or ended well.
        """
        code = self._process.poll()
        if not code:
            return None
        self._output.seek(0)
        printed = self._output.read().decode(errors="replace").strip()
        reason = printed.splitlines()[-1] if printed and code > 0 else describe_exit(code)
        error = RankFailedError(f"process {self._rank + 1} of {self._n_ranks}: {reason}")
        error.__cause__ = RuntimeError(printed)
        return error

    def end(self) -> None:
        """Kill it, wherever it is, if it still runs."""
        self._process.kill()
        self._process.wait()
        self._output.close()
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()


def _n_to_start(config: DictConfig) -> int:
    if config.trainer.get("devices", 1) == 1 and config.trainer.get("num_nodes", 1) == 1:
        return 1  # spares most runs another trainer
    trainer = build(config.trainer, "trainer", logger=False, enable_checkpointing=False, enable_progress_bar=False)
    environment = getattr(trainer.strategy, "cluster_environment", None)
    if trainer.world_size == 1 or environment is None or environment.creates_processes_externally:
        return 1
    if trainer.num_nodes > 1:
        raise UserError(
            f"trainer.num_nodes={trainer.num_nodes} needs processes that Slurm (srun) or torchrun has started on every "
            "node; add trainer.num_nodes=1 for this machine alone"
        )
    strategy = str(config.trainer.get("strategy", ""))
    if strategy.startswith(("ddp_spawn", "ddp_fork", "ddp_notebook")):
        raise UserError(f"trainer.strategy={strategy}: processes are started in another way here; take ddp")
    return int(trainer.num_devices)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _raise_if_failed(ranks: Sequence[RankProcess], seconds: float) -> None:
    """Give the ranks some time to end, and tell of the first that ended badly."""
    latest = time.monotonic() + seconds
    while any(rank.wait(0) is None for rank in ranks) and time.monotonic() < latest:
        if any(rank.failure() for rank in ranks):
            break
        time.sleep(SECONDS_BETWEEN_LOOKS)
    for rank in ranks:
        failure = rank.failure()
        if failure is not None:
            raise failure


@contextmanager
def _watched(ranks: Sequence[RankProcess], folder: Path) -> Iterator[None]:
    """End this process, too, if another one failed and this one waits for it for ever."""
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(SECONDS_BETWEEN_LOOKS):
            failure = next(filter(None, (rank.failure() for rank in ranks)), None)
            if failure is None:
                continue
            if not is_over.wait(SECONDS_TO_NOTICE):
                record_end(folder, "failed", f"{type(failure).__name__}: {failure}")
                print(f"Failed: {failure}", file=sys.stderr, flush=True)
                os._exit(1)
            return

    threading.Thread(target=watch, daemon=True, name="watch-over-ranks").start()
    try:
        yield
    finally:
        is_over.set()
