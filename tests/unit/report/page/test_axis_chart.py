import numpy as np

from spectral_exp.dataset.axis import Axis
from spectral_exp.report.page.axis_chart import axis_chart
from spectral_exp.report.ranking import RankedFeature

AXIS = Axis(
    np.array([400.0, 100.0, 200.0, 300.0]),
    "wavelength",
    "nm",
    marks={"near": 250.0, "nearer": 251.0, "far": 350.0, "beyond": 900.0},
    means={"a": np.arange(4.0)},
)


def test_relevance_stands_at_the_places_of_the_inputs(ranking: list[RankedFeature]) -> None:
    chart = axis_chart(ranking, AXIS, "run")
    mean, dropped, kept = chart.figure.data
    assert (mean.x.tolist(), mean.y.tolist()) == ([100.0, 200.0, 300.0, 400.0], [1.0, 2.0, 3.0, 0.0])
    assert (kept.x.tolist(), list(kept.y)) == ([200.0, 400.0], [2.0, 1.5])
    assert (dropped.x.tolist(), list(dropped.y)) == ([300.0], [0.1])  # the one without relevance is not drawn
    assert "_private nm leads with 2" in chart.description


def test_names_of_neighbours_share_a_label(ranking: list[RankedFeature]) -> None:
    labels = [one.text for one in axis_chart(ranking, AXIS, "run").figure.layout.annotations]
    assert labels == ["near, nearer", "far"]


def test_an_axis_without_means_has_one_panel(ranking: list[RankedFeature]) -> None:
    figure = axis_chart(ranking, Axis(AXIS.values, "wavelength", "nm"), "run").figure
    assert "xaxis2" not in figure.to_dict()["layout"]
