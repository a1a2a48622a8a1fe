"""What a comparison is written down as: tables, and figures."""

from collections.abc import Callable, Iterator

from matplotlib.figure import Figure

from spectral_exp.report.collect import write_table
from spectral_exp.report.comparison import Comparison
from spectral_exp.report.comparison_table import markdown
from spectral_exp.report.figure.agreement_map import agreement_map_figure
from spectral_exp.report.figure.comparison_curve import comparison_curve_figure
from spectral_exp.report.figure.comparison_time import comparison_time_figure
from spectral_exp.report.figure.rank_correlation import rank_correlation_figure
from spectral_exp.report.figures import save_figure
from spectral_exp.tracking.comparison_folder import AGREEMENT, RESULTS, TABLE
from spectral_exp.tracking.run_folder import FIGURES, write_whole


def write_comparison(comparison: Comparison) -> None:
    """Write `results.csv` and `.parquet`, `agreement.csv`, `table.md` and the figures.

    Args:
        comparison: the comparison, as far as it is.
    """
    folder = comparison.folder
    for suffix in ("csv", "parquet"):
        write_table(comparison.results, folder / f"{RESULTS}.{suffix}")
    write_table(comparison.agreement, folder / AGREEMENT)
    text = markdown(comparison)
    write_whole(folder / TABLE, lambda beside: beside.write_text(text, encoding="utf-8"))
    if comparison.rankings:
        for name, draw in _figures(comparison):
            save_figure(draw(), folder / FIGURES / f"{name}.png")


def _figures(comparison: Comparison) -> Iterator[tuple[str, Callable[[], Figure]]]:
    k = comparison.middle_k
    yield "score", lambda: comparison_curve_figure(comparison)
    yield "time", lambda: comparison_time_figure(comparison, k)
    if len(comparison.rankings) > 1:
        yield "rank_correlation", lambda: rank_correlation_figure(comparison)
    if comparison.info.is_image:
        yield "agreement_map", lambda: agreement_map_figure(comparison, k)
