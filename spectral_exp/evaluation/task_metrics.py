"""What a task is scored by."""

from torchmetrics import Metric, MetricCollection
from torchmetrics.classification import MulticlassAccuracy
from torchmetrics.regression import MeanAbsoluteError, R2Score

from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.evaluation.standard_error import StandardError


def task_metrics(info: DatasetInfo, prefix: str = "", is_synced: bool = True) -> MetricCollection:
    """Build what a task is scored by: accuracy, or mean absolute error and R^2 in the units of the target.

    Args:
        info: what the target is.
        prefix: of the metrics' names.
        is_synced: compute over all processes that train together; False where one of them computes alone.

    Returns:
        Metrics that keep their state over batches.
    """
    metrics: dict[str, Metric | MetricCollection]
    if info.task == "classification":
        accuracy = MulticlassAccuracy(
            num_classes=info.n_outputs, average="micro", validate_args=False, sync_on_compute=is_synced
        )
        metrics = {"accuracy": accuracy}
    else:
        metrics = {"mae": MeanAbsoluteError(sync_on_compute=is_synced), "r2": R2Score(sync_on_compute=is_synced)}
    return MetricCollection(metrics, prefix=prefix)


def validation_metrics(info: DatasetInfo, prefix: str = "", is_synced: bool = True) -> MetricCollection:
    """Build what choices are made by: the scores of `task_metrics`, and how far chance alone moves the first one.

    Args:
        info: what the target is.
        prefix: of the metrics' names.
        is_synced: as for `task_metrics`.

    Returns:
        Metrics that keep their state over batches.
    """
    metrics = task_metrics(info, prefix, is_synced)
    metrics.add_metrics({"standard_error": StandardError(info.task, is_synced)})
    return metrics
