import numpy as np
import pytest
import scipy.sparse
import torch

from spectral_exp.dataset.loading import TensorLoader
from spectral_exp.dataset.sparse import Sparse
from spectral_exp.dataset.tabular import Tabular
from spectral_exp.errors import UserError


@pytest.fixture
def matrix():
    found = scipy.sparse.random_array((120, 40), density=0.2, format="csr", rng=np.random.default_rng(0))
    found.data -= 0.3
    return found


@pytest.fixture
def stored(tmp_path, matrix):
    def stored(changed=matrix, **options):
        scipy.sparse.save_npz(tmp_path / "x.npz", changed)
        np.save(tmp_path / "y.npy", np.arange(120) % 3)
        return Sparse(str(tmp_path / "x.npz"), str(tmp_path / "y.npy"), **options)

    return stored


@pytest.mark.parametrize("scaling", ["max_abs", "none"])
def test_data_is_as_it_would_be_dense(scaling, matrix, stored, tmp_path):
    found = stored(scaling=scaling).load()
    np.savez(tmp_path / "dense.npz", x=matrix.toarray().astype(np.float32), y=np.arange(120) % 3)
    expected = Tabular(str(tmp_path / "dense.npz"), "y", scaling=scaling).load()
    assert found.info.feature_names == expected.info.feature_names
    torch.testing.assert_close(found.input_scale, expected.input_scale)
    for part in ("train", "val", "test"):
        rows, others = getattr(found, part), getattr(expected, part)
        assert torch.equal(rows.targets, others.targets)
        torch.testing.assert_close(rows.matrix.to_dense(), others.inputs)
    of_train = [
        [(inputs.to_dense(), targets) for inputs, targets in TensorLoader(data.train, 16, shuffle=True)]
        for data in (found, expected)
    ]
    for ours, theirs in zip(*of_train, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_rows_are_joined_narrowed_and_taken(stored):
    data = stored().load()
    both = data.train.joined(data.val)
    assert torch.equal(both.matrix.to_dense(), torch.cat([data.train.matrix.to_dense(), data.val.matrix.to_dense()]))
    narrowed = both.keep_features(torch.tensor([1, 30])).take(torch.tensor([0, 95]))
    assert torch.equal(narrowed.matrix.to_dense(), both.matrix.to_dense()[[0, 95]][:, [1, 30]])
    assert torch.equal(narrowed.targets, both.targets[[0, 95]])


def test_what_cannot_be_is_refused(matrix, stored, tmp_path):
    with pytest.raises(ValueError, match="scaling must be max_abs or none"):
        stored(scaling="standard")
    broken = matrix.copy()
    broken.data[5] = np.nan
    row, column = (axis[5] + 1 for axis in broken.nonzero())
    with pytest.raises(UserError, match=rf"row {row}, column {column}: nan is no number"):
        stored(broken).load()
    np.savez(tmp_path / "x.npz", x=np.zeros((3, 3)))
    with pytest.raises(UserError, match=r"holds no sparse matrix of scipy\.sparse\.save_npz"):
        Sparse(str(tmp_path / "x.npz"), "y.npy").load()
    data = stored()
    (tmp_path / "x.npz").write_bytes((tmp_path / "x.npz").read_bytes()[:500])
    with pytest.raises(UserError, match="holds no sparse matrix"):
        data.load()


def test_inputs_that_never_vary_are_named(matrix, stored, caplog):
    empty = matrix.tolil()
    empty[:, [3, 8]] = 0
    stored(empty.tocsr()).load()
    assert "constant over the training rows: x3, x8" in caplog.text
