"""What a trained model says of its inputs: ranking, mask, and how it does without the rest."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool, Int
from pytorch_lightning.loggers import Logger
from torch import Tensor
from torchmetrics import MetricCollection

from spectral_exp.dataset.data import Data
from spectral_exp.dataset.rows import Rows
from spectral_exp.evaluation.certificate import kkt_certificate, whole_gradient
from spectral_exp.evaluation.known_truth import compare_with_truth
from spectral_exp.evaluation.masking import masking_counts, outputs_of_top
from spectral_exp.evaluation.task_metrics import task_metrics
from spectral_exp.module.spectral_module import SpectralModule
from spectral_exp.tracking.results import RANKING_COLUMNS, ranking_rows, write_masking_curve, write_ranking
from spectral_exp.tracking.rich_logger import RichLogger

log = logging.getLogger(__name__)

ROWS_ON_DASHBOARDS = 500


@torch.no_grad()
def write_ranked_inputs(
    folder: Path,
    module: SpectralModule,
    data: Data,
    selected: Bool[Tensor, " n_features"],
    loggers: Sequence[Logger],
    step: int,
) -> dict[str, Any]:
    """Rank the inputs, and write `ranking.csv`, `mask.npy` and `masking_curve.csv`.

    Args:
        folder: the run folder.
        module: the trained module.
        data: the data set.
        selected: the inputs that are kept.
        loggers: dashboards that are shown the top of the ranking.
        step: the training step that the weights are of.

    Returns:
        Metrics: what was trained on, how many inputs were selected, by how much a sparse solution misses its
        conditions and, where the truth is known, how the relevance compares with it.
    """
    layer = module.spectral_input_layer
    ranking = layer.ranking(module.input_scale)
    relevance = layer.relevance(module.input_scale)
    mask = selected.cpu().numpy()
    scores = relevance.cpu().numpy()
    n_selected = int(mask.sum())
    certificate = _certificate(module, data)
    if certificate.get("n_nonzero") == 0:
        log.warning(
            "the regularization keeps no input: its strength, %.4g, is too large; the first input would enter below "
            "%.4g, the largest norm of an input's gradient",
            module.regularization.strength_at(module.progress),
            certificate["largest_gradient_norm"],
        )
    elif n_selected == 0:
        log.warning("the selection keeps no input; a lower selection.threshold or regularization.strength keeps more")
    eigenvalues = layer.over_all_inputs(layer.input_eigenvalues).cpu().numpy()
    dropped_at = layer.dropped_at.cpu().numpy()
    order = ranking.cpu().numpy()
    write_ranking(folder, ranking_rows(data.info, order, scores, eigenvalues, mask, dropped_at), mask)
    counts = masking_counts(data.info.n_features, also=n_selected)
    selected_first = layer.columns.always_kept_first(ranking)  # every selection is the top of this order
    write_masking_curve(folder, masking_scores(module, data.test, selected_first, counts, task_metrics))
    for logger in loggers:
        if isinstance(logger, RichLogger):
            top = ranking_rows(data.info, order[:ROWS_ON_DASHBOARDS], scores, eigenvalues, mask, dropped_at)
            logger.log_table("ranking", list(RANKING_COLUMNS), list(top), step)
    facts: dict[str, Any] = {
        "dataset": data.info.name,
        "model": type(module.model).__name__,
        "n_features": data.info.n_features,
        "n_selected": n_selected,
        "n_train": len(data.train),
        **certificate,
    }
    truth = data.info.true_strength
    if truth is not None:
        facts |= compare_with_truth(order, scores, truth)
    return facts


def _certificate(module: SpectralModule, data: Data) -> dict[str, float | None]:
    """Certify what has conditions to certify: a proximal penalty; others never reach an exact zero by themselves."""
    if not module.regularization.is_proximal:
        return {}
    layer = module.spectral_input_layer
    gradient = whole_gradient(module.model, layer.raw_eigenvectors, module.loss, data.train)
    strength = module.regularization.strength_at(module.progress)
    return kkt_certificate(gradient, layer.weight_matrix, strength, layer.columns)


@torch.no_grad()
def masking_scores(
    module: SpectralModule,
    part: Rows,
    ranking: Int[Tensor, " n_features"],
    counts: Sequence[int],
    make_metrics: Callable[..., MetricCollection],
) -> list[dict[str, float]]:
    """Score a trained net on rows with all but the top inputs set to 0.

    Args:
        module: the trained module; it is put into evaluation mode.
        part: the rows.
        ranking: the inputs, most relevant first.
        counts: how many of the top inputs keep their values, rising.
        make_metrics: makes what is computed, `task_metrics` or `validation_metrics`.

    Returns:
        One dictionary per count: `n_kept`, then the metrics.
    """
    module.eval()
    device, layer = ranking.device, module.spectral_input_layer
    of_counts = [make_metrics(module.info, is_synced=False) for _ in counts]
    for inputs, targets in part.in_turn():  # the rows are read once for all counts: they may lie in a file
        inputs, values = inputs.to(device), module.in_units(targets.cpu())
        with module.trainer.precision_plugin.forward_context():
            outputs = outputs_of_top(module.model, inputs, layer, ranking, counts)
            for of_count, scores in zip(outputs, of_counts, strict=True):
                scores.update(module.predict(of_count).cpu(), values)
    return [
        {"n_kept": n_kept, **{name: float(score) for name, score in scores.compute().items()}}
        for n_kept, scores in zip(counts, of_counts, strict=True)
    ]
