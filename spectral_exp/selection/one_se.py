"""Keep the fewest inputs whose score cannot be told from the best."""

from spectral_exp.selection.curve_selection import Choice, CurveSelection, ScoreCurve


class OneSE(CurveSelection):
    r"""Keep the smallest k whose validation score is within one standard error of the best.

    Source: Breiman, Friedman, Olshen, Stone, *Classification and Regression Trees* (1984), section 3.4.3.

    Example:
        >>> curve = ScoreCurve([1, 5, 20, 100], [0.6, 0.9, 0.93, 0.92], [0.05, 0.03, 0.026, 0.027], True)
        >>> OneSE().choose(curve).k
        20
        >>> OneSE().choose(ScoreCurve([1, 5, 20], [3.0, 1.1, 1.0], [0.5, 0.2, 0.2], is_higher_better=False)).k
        5
    """

    def choose(self, curve: ScoreCurve) -> Choice:
        sign = 1.0 if curve.is_higher_better else -1.0
        scores = [sign * score for score in curve.score]
        best = scores.index(max(scores))
        reached = [score >= scores[best] - curve.standard_error[best] for score in scores]
        chosen = reached.index(True)
        return Choice(
            k=curve.n_kept[chosen],
            score=curve.score[chosen],
            best_k=curve.n_kept[best],
            best_score=curve.score[best],
            standard_error=curve.standard_error[best],
        )
