"""The score by which runs are compared: one per task."""

from collections.abc import Sequence
from dataclasses import dataclass

from spectral_exp.report.collect import WITH_SELECTED, CollectedRun
from spectral_exp.report.names import SCORES


@dataclass(frozen=True)
class Score:
    """What the runs on one data set are compared by.

    Attributes:
        metric: name of the metric, such as "accuracy".
        words: the metric for a sentence.
        is_higher_better: False for errors.
    """

    metric: str
    words: str
    is_higher_better: bool

    @property
    def whole_net(self) -> str:
        """Column of the test score of the net as it was trained."""
        return f"test/{self.metric}"

    @property
    def with_selected(self) -> str:
        """Column of the test score with the selected inputs alone."""
        return f"test/{self.metric}{WITH_SELECTED}"

    @property
    def validation(self) -> str:
        """Column of the validation score of the net as it was trained."""
        return f"val/{self.metric}"

    def better(self, value: float) -> float:
        """Turn a score so that more is better.

        Args:
            value: a score.

        Returns:
            The score, negated if it is an error.
        """
        return value if self.is_higher_better else -value

    def write(self, value: float) -> str:
        """Write a score for a sentence.

        Args:
            value: a score.

        Returns:
            Such as "0.941" for a share, and four digits of an error, which is in the units of the target.
        """
        return f"{value:{self.form}}"

    @property
    def form(self) -> str:
        """How a score is written: three decimals of a share, four digits of an error."""
        return ".3f" if self.is_higher_better else ",.4g"

    def within_range(self, low: float, high: float) -> tuple[float, float]:
        """Cut an interval to the values that the score can have.

        Args:
            low: lower end.
            high: upper end.

        Returns:
            The ends, 0 to 1 for a share, >= 0 for an error.
        """
        return max(low, 0.0), min(high, 1.0) if self.is_higher_better else high


ACCURACY = Score("accuracy", SCORES["accuracy"], is_higher_better=True)
MEAN_ABSOLUTE_ERROR = Score("mae", SCORES["mae"], is_higher_better=False)


def score_of(runs: Sequence[CollectedRun]) -> Score:
    """Choose the score of finished runs on one data set.

    Args:
        runs: at least one finished run.

    Returns:
        The accuracy for classification, the mean absolute error for regression.
    """
    tasks = {run.inputs.info.task for run in runs if run.inputs}
    return ACCURACY if tasks == {"classification"} else MEAN_ABSOLUTE_ERROR
