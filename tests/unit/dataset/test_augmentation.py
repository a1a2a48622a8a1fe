import pytest
import torch

from spectral_exp.dataset.augmentation import Augmentation

ROWS = torch.arange(12.0).reshape(6, 2)


def shift(rows):
    """Add one random number to all the rows of a call."""
    return rows + torch.rand(())


def test_rows_together_share_a_draw():
    added = Augmentation({"shift": shift}, n_together=2)(ROWS, (0,)) - ROWS
    assert len({round(float(value), 5) for value in added[:, 0]}) == 3
    torch.testing.assert_close(added[::2], added[1::2])


def test_what_is_drawn_depends_on_the_seed_alone_and_nothing_else_is_disturbed():
    augmentation = Augmentation({"shift": shift})
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    first = augmentation(ROWS, (0, 1))
    assert torch.equal(torch.rand(1), expected)
    assert torch.equal(augmentation(ROWS, (0, 1)), first)
    assert not torch.equal(augmentation(ROWS, (0, 2)), first)


def test_bad_arguments_are_refused_by_name():
    with pytest.raises(ValueError, match="transforms must hold"):
        Augmentation({})
    with pytest.raises(ValueError, match="n_together must be"):
        Augmentation({"shift": shift}, n_together=0)
    with pytest.raises(ValueError, match=r"augmentation cut turns rows of shape \(2,\) into \(1,\)"):
        Augmentation({"cut": lambda rows: rows[:, :1]})(ROWS, (0,))
