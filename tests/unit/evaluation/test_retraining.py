import pytest
import torch
from sklearn.linear_model import LogisticRegression

from spectral_exp.dataset.data import Data, Part
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.evaluation.judge import judge
from spectral_exp.evaluation.retraining import remove_and_retrain

RANKING = torch.tensor([3, 1, 0, 2])


@pytest.fixture
def data():
    """Input 3 tells the class, input 1 half of it, the others nothing."""
    generator = torch.Generator().manual_seed(0)

    def part(n):
        inputs = torch.randn(n, 4, generator=generator)
        return Part(inputs, (inputs[:, 3] + 0.5 * inputs[:, 1] > 0).long())

    return Data(
        DatasetInfo("made", "classification", tuple("abcd"), (4,), ("0", "1")), part(1000), part(100), part(1000)
    )


def test_scores_are_near_those_of_another_classifier_on_the_same_inputs(data):
    scores = remove_and_retrain(data, RANKING, [0.25, 0.5], n_epochs=15)
    for fraction, top, rest in ((0.25, [3], [1, 0, 2]), (0.5, [3, 1], [0, 2])):
        for inputs, score in ((rest, scores[fraction].removed), (top, scores[fraction].kept)):
            other = LogisticRegression().fit(data.train.inputs[:, inputs], data.train.targets)
            assert score == pytest.approx(other.score(data.test.inputs[:, inputs], data.test.targets), abs=0.04)


def test_they_are_the_judges(data):
    scores = remove_and_retrain(data, RANKING, [0.5], n_epochs=3, seed=7)
    assert scores[0.5].kept == judge(data, [3, 1], 3, at=[3], seed=7).score[3]
    assert scores[0.5].removed == judge(data, [0, 2], 3, at=[3], seed=7).score[3]


def test_at_least_one_input_leaves_and_one_stays(data):
    tiny, huge = remove_and_retrain(data, RANKING, [0.01, 0.99], n_epochs=2).values()
    assert tiny.kept == judge(data, [3], 2, at=[2]).score[2]
    assert huge.removed == judge(data, [2], 2, at=[2]).score[2]


@pytest.mark.parametrize("fraction", [0, 1, -0.2])
def test_shares_beyond_their_range_are_refused(data, fraction):
    with pytest.raises(ValueError, match="above 0 and below 1"):
        remove_and_retrain(data, RANKING, [fraction])
