"""MLflow: an SQLite file that all runs share, or a tracking server."""

import logging
import os
import time
from argparse import Namespace
from collections.abc import Mapping
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from spectral_exp.errors import UserError
from spectral_exp.tracking.logger.guarded import GuardedLogger, never_fails
from spectral_exp.tracking.rich_logger import as_pixels

SQLITE = "sqlite:///"
N_PARAMS_AT_ONCE = 100  # as many as MLflow takes in one call
QUANTILES = {"min": 0.0, "p25": 0.25, "median": 0.5, "p75": 0.75, "max": 1.0}


class SpectralMLFlowLogger(GuardedLogger):
    """Log to MLflow; a `RichLogger`.

    Not an `MLFlowLogger` of Lightning: its default store is one that MLflow has given up, it needs the whole of MLflow
    where the client is enough, and lets every exception of MLflow end the training.

    MLflow knows no histograms: of a distribution, five quantiles are logged as series. A resumed run becomes a second
    run of the same name and group, as MLflow cannot take back what was logged behind the last checkpoint.

    Args:
        save_dir: the run folder, for the record.
        tracking_uri: `sqlite:///FILE`, images and tables lie beside the file; or the address of a server.
        experiment: MLflow's name for what is compared.
        name: what the run is called; nothing: as its group.
        group: shared by the runs of one sweep, as the tag `group`; of a path the last part is taken.
        tags: further tags and their values.

    Raises:
        UserError: if MLflow is not installed, or the store is a folder of files.
    """

    dashboard = "MLflow"

    def __init__(
        self,
        save_dir: str | Path,
        tracking_uri: str,
        experiment: str = "spectral_exp",
        name: str | None = None,
        group: str | None = None,
        tags: Mapping[str, str] | None = None,
    ):
        super().__init__()
        if find_spec("mlflow") is None or find_spec("sqlalchemy") is None:
            raise UserError("logger=mlflow needs pip install 'spectral_exp[mlflow]'")
        if not tracking_uri.startswith((SQLITE, "http://", "https://")):
            raise UserError(
                f"logger.mlflow.tracking_uri must be {SQLITE}FILE or a server's address, got {tracking_uri}"
            )
        group = Path(group).name if group else None
        self._save_dir = Path(save_dir)
        self._uri = tracking_uri
        self._experiment = experiment
        self._run_name = name or group
        self._tags = {"run_folder": str(save_dir), **({"group": group} if group else {}), **(tags or {})}
        self._client: Any = None
        self._run_id: str | None = None

    @property
    def name(self) -> str | None:
        return self._run_name

    @property
    def version(self) -> str | None:
        return self._run_id

    @property
    def save_dir(self) -> str:
        return str(self._save_dir)

    @property
    def location(self) -> str | None:
        return None if self._run_id is None else self._uri

    @never_fails
    def log_hyperparams(self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any) -> None:
        from mlflow.entities import Param

        flat = _flatten(vars(params) if isinstance(params, Namespace) else params)
        entries = [Param(key, str(value)) for key, value in flat.items()]
        client = self._open()
        for start in range(0, len(entries), N_PARAMS_AT_ONCE):
            client.log_batch(self._run_id, params=entries[start : start + N_PARAMS_AT_ONCE])

    @never_fails
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        self._log(metrics, step or 0)

    @never_fails
    def log_histogram(self, name: str, values: Shaped[np.ndarray, " n"], step: int) -> None:
        finite = values[np.isfinite(values)]
        if finite.size:
            quantiles = np.quantile(finite, list(QUANTILES.values()))
            self._log({f"{name}/{part}": float(value) for part, value in zip(QUANTILES, quantiles, strict=True)}, step)

    @never_fails
    def log_image(self, name: str, image: Shaped[np.ndarray, "height width ..."], step: int) -> None:
        self._open().log_image(self._run_id, as_pixels(image), key=name, step=step, synchronous=True)

    @never_fails
    def log_table(self, name: str, columns: list[str], rows: list[list[Any]], step: int) -> None:
        data = {column: [row[place] for row in rows] for place, column in enumerate(columns)}
        self._open().log_table(self._run_id, data, f"{name}.json")

    @never_fails
    def log_summary(self, metrics: Mapping[str, float], step: int) -> None:
        self._log(metrics, step)

    @never_fails
    def finish(self, failed: bool = False) -> None:
        self.is_closed = True
        if self._run_id is not None:
            self._client.set_terminated(self._run_id, "FAILED" if failed else "FINISHED")

    def _log(self, metrics: Mapping[str, float], step: int) -> None:
        from mlflow.entities import Metric

        now = int(1000 * time.time())
        self._open().log_batch(
            self._run_id, metrics=[Metric(key, float(value), now, step) for key, value in metrics.items()]
        )

    def _open(self) -> Any:
        if self._client is not None:
            return self._client
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # nothing leaves the machine unasked
        from filelock import FileLock
        from mlflow.tracking import MlflowClient

        logging.getLogger("mlflow").setLevel(logging.WARNING)
        artifacts, lock = None, None
        if self._uri.startswith(SQLITE):
            store = Path(self._uri[len(SQLITE) :]).absolute()
            store.parent.mkdir(parents=True, exist_ok=True)
            artifacts = (store.parent / "artifacts").as_uri()
            lock = FileLock(store.with_suffix(".lock"))
        with lock or nullcontext():  # the jobs of a sweep start together, and one of them makes the tables
            client = MlflowClient(self._uri)
            found = client.get_experiment_by_name(self._experiment)
            experiment = found.experiment_id if found else client.create_experiment(self._experiment, artifacts)
        self._run_id = client.create_run(experiment, run_name=self._run_name, tags=self._tags).info.run_id
        self._client = client
        return client


def _flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            flat |= _flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
