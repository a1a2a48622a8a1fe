import numpy as np
import pytest
import torch

from spectral_exp.dataset.madelon_like import MadelonLike


def all_rows(data):
    inputs = torch.cat([data.train.inputs, data.val.inputs, data.test.inputs]).numpy()
    return inputs, torch.cat([data.train.targets, data.val.targets, data.test.targets]).numpy()


def test_redundant_inputs_are_linear_mixtures_of_the_informative_and_probes_are_not():
    inputs, classes = all_rows(MadelonLike(scaling="none", flipped=0.0).load())
    assert np.bincount(classes).tolist() == [1300, 1300]
    informative, redundant, probes = inputs[:, :5], inputs[:, 5:20], inputs[:, 20:]
    for block, is_explained in ((redundant, True), (probes, False)):
        rest = block - informative @ np.linalg.lstsq(informative, block, rcond=None)[0]
        share = (rest.var(0) / block.var(0)).max()
        assert (share < 1e-6) == is_explained


def test_the_clouds_sit_on_the_corners_of_the_hypercube():
    inputs, _ = all_rows(MadelonLike(n_rows=4000, n_features=3, n_informative=3, n_redundant=0, scaling="none").load())
    corners = {tuple(corner) for corner in np.sign(inputs[np.abs(inputs).min(1) > 1]).tolist()}
    assert len(corners) == 8
    np.testing.assert_allclose(np.median(np.abs(inputs), axis=0), 2.0, rtol=0.15)


@pytest.mark.parametrize("seed", range(5))
def test_no_informative_input_can_be_spared(seed):
    inputs, classes = all_rows(
        MadelonLike(
            n_rows=4000, n_features=3, n_informative=3, n_redundant=0, flipped=0.0, scaling="none", seed=seed
        ).load()
    )
    is_clear = np.abs(inputs).min(1) > 1  # of what lies between the clouds, neighbours would have a share
    signs, classes = np.sign(inputs[is_clear]), classes[is_clear]
    shares = {tuple(corner): classes[(signs == corner).all(1)].mean() for corner in np.unique(signs, axis=0)}
    assert len(shares) == 8
    assert sorted(round(share) for share in shares.values()) == [0] * 4 + [1] * 4
    for spared in range(3):
        pairs = [(shares[c], shares[tuple(-v if i == spared else v for i, v in enumerate(c))]) for c in shares]
        assert any(abs(here - there) > 0.8 for here, there in pairs)


def test_informative_and_redundant_inputs_are_relevant_and_the_seed_fixes_the_rows():
    first, again, other = (MadelonLike(n_rows=100, n_features=25, seed=seed).load() for seed in (0, 0, 1))
    assert first.info.true_strength.tolist() == [1.0] * 20 + [0.0] * 5
    assert torch.equal(first.train.inputs, again.train.inputs)
    assert not torch.equal(first.train.inputs, other.train.inputs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_informative": 1}, "n_informative must be at least 2"),
        ({"n_features": 19}, r"n_informative \+ n_redundant = 20, got 19"),
        ({"n_rows": 31}, "n_rows must be at least 32"),
        ({"separation": 0.0}, "separation"),
        ({"flipped": 1.0}, "flipped"),
        ({"val_fraction": 1.5}, "val_fraction"),
        ({"scaling": "x"}, "scaling"),
    ],
)
def test_values_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        MadelonLike(**options)
