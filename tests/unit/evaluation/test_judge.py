import pytest
import torch
from sklearn.linear_model import LinearRegression
from torch import nn

from spectral_exp.dataset.data import Data, Part
from spectral_exp.dataset.digits import Digits
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.evaluation.judge import judge


def two_classes(n_rows=300):
    """Input 1 tells the class, inputs 0 and 2 are noise."""
    generator = torch.Generator().manual_seed(0)

    def part(n):
        inputs = torch.randn(n, 3, generator=generator)
        return Part(inputs, (inputs[:, 1] > 0).long())

    info = DatasetInfo("made", "classification", ("a", "b", "c"), (3,), ("0", "1"))
    return Data(info, part(n_rows), part(100), part(200))


def test_the_input_that_tells_the_class_is_worth_more_than_noise():
    data = two_classes()
    assert judge(data, [1], n_epochs=30).best_score > 0.95
    assert judge(data, [0, 2], n_epochs=30).best_score < 0.65


def test_it_is_the_network_of_the_protocol_trained_by_its_optimizer():
    data = two_classes(n_rows=100)  # one batch, so that the order of rows does not matter
    torch.manual_seed(5)
    model = nn.Sequential(nn.Linear(2, 256), nn.ReLU(), nn.Linear(256, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(20):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(data.train.inputs[:, :2]), data.train.targets).backward()
        optimizer.step()
    expected = (model(data.test.inputs[:, :2]).argmax(1) == data.test.targets).float().mean().item()
    assert judge(data, [0, 1], n_epochs=20, at=[20], seed=5).score[20] == pytest.approx(expected, abs=0.006)


def test_the_same_seed_gives_the_same_verdict_and_leaves_the_random_numbers_alone():
    data = Digits(seed=0).load()
    torch.manual_seed(1)
    before = torch.get_rng_state()
    verdicts = [judge(data, range(20, 30), n_epochs=2, at=[1, 2]) for _ in range(2)]
    assert verdicts[0] == verdicts[1] and set(verdicts[0].score) == {1, 2}
    assert torch.equal(before, torch.get_rng_state())


def test_regression_is_scored_by_the_error_in_units_of_the_target():
    generator = torch.Generator().manual_seed(0)
    mean, scale = 40.0, 5.0

    def part(n):
        inputs = torch.randn(n, 2, generator=generator)
        return Part(inputs, 0.9 * inputs[:, 0] + 0.4 * torch.randn(n, generator=generator))

    info = DatasetInfo("made", "regression", ("a", "b"), (2,), target_mean=mean, target_scale=scale)
    data = Data(info, part(1000), part(100), part(1000))
    verdict = judge(data, [0], n_epochs=30)
    test = data.test
    line = LinearRegression().fit(data.train.inputs[:, :1], data.train.targets * scale + mean)
    error = abs(line.predict(test.inputs[:, :1]) - (test.targets * scale + mean).numpy()).mean()
    assert verdict.metric == "mae"
    assert verdict.best_score == pytest.approx(error, rel=0.05) == verdict.score[20]
    assert judge(data, [1], n_epochs=30).best_score > 2 * error
