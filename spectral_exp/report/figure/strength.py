"""Relevance against the strength that the data were made with."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from spectral_exp.evaluation.known_truth import rank_correlation
from spectral_exp.report.figure.style import ACCENT, KEPT, WIDTH, add_title, axis_end, house_style
from spectral_exp.report.ranking import RankedFeature


@house_style
def strength_figure(ranking: Sequence[RankedFeature], true_strength: np.ndarray, title: str) -> Figure:
    """Draw relevance against true strength, with Spearman's correlation over the relevant inputs.

    Args:
        ranking: the inputs, in any order.
        true_strength: the known strength of every input, shape (n_features,); 0 = irrelevant.
        title: what was ranked.

    Returns:
        The figure.
    """
    relevance = np.empty(len(ranking))
    relevance[[one.feature for one in ranking]] = [one.relevance for one in ranking]
    strength = np.abs(true_strength)
    is_relevant = strength > 0

    figure = Figure(figsize=(0.75 * WIDTH, 4.5))
    axes = figure.subplots()
    for chosen, color, marker, name in (
        (is_relevant, KEPT, "o", "relevant"),
        (~is_relevant, ACCENT, "X", "irrelevant"),
    ):
        if chosen.any():
            axes.scatter(
                strength[chosen],
                relevance[chosen],
                s=34,
                color=color,
                marker=marker,
                linewidths=0.5,
                edgecolors="white",
                alpha=0.9,
                label=f"{name} ({int(chosen.sum()):,})",
                clip_on=False,
                zorder=3,
            )
    axes.set_xlim(left=0)
    axes.set_ylim(0, 1.05 * axis_end(relevance))
    axes.set_xlabel("true strength")
    axes.set_ylabel("relevance")
    axes.legend(loc="upper left")
    add_title(figure, f"{title}: {_agreement(relevance, strength)}")
    return figure


def _agreement(relevance: np.ndarray, strength: np.ndarray) -> str:
    correlation = rank_correlation(relevance, strength)
    if correlation is None:
        return "relevance against true strength"
    return f"Spearman {correlation:.3f} over {np.count_nonzero(strength):,} relevant inputs"
