"""On files in MNIST's format."""

import numpy as np
import pytest
import torch

from spectral_exp.dataset.mnist import MNIST, FashionMNIST, parse_idx
from spectral_exp.dataset.registry import REGISTRY
from spectral_exp.errors import UserError


def test_the_train_file_is_split_and_the_official_test_file_is_the_test_part(stored_mnist):
    data = MNIST(str(stored_mnist)).load()
    assert (len(data.train), len(data.val), len(data.test)) == (550, 50, 100)
    assert torch.bincount(data.val.targets).tolist() == [5] * 10
    assert data.info.shape == (28, 28)
    assert data.info.feature_names[28] == "pixel_1_0"
    for part in (data.train, data.val, data.test):
        torch.testing.assert_close(part.inputs[:, 300], part.targets * 10 / 255)


def test_chosen_classes_are_numbered_in_the_order_given(stored_mnist):
    data = MNIST(str(stored_mnist), classes=[7, 3]).load()
    assert data.info.class_names == ("7", "3")
    assert len(data.test) == 20
    label = torch.tensor([7, 3])[data.test.targets]
    torch.testing.assert_close(data.test.inputs[:, 0], label * 10 / 255)


def test_a_subset_keeps_proportions_and_leaves_validation_and_test_alone(stored_mnist):
    whole, subset = MNIST(str(stored_mnist)).load(), MNIST(str(stored_mnist), n_train=100).load()
    assert torch.bincount(subset.train.targets).tolist() == [10] * 10
    assert torch.equal(whole.val.inputs, subset.val.inputs)
    assert torch.equal(whole.test.inputs, subset.test.inputs)


def test_a_subset_larger_than_the_file_is_refused(stored_mnist):
    with pytest.raises(UserError, match="n_train=551 is more than the 550 of 600 rows"):
        MNIST(str(stored_mnist), n_train=551).load()


def test_a_subset_smaller_than_the_number_of_classes_is_refused(stored_mnist):
    with pytest.raises(UserError, match="fewer rows than classes"):
        MNIST(str(stored_mnist), n_train=5).load()


@pytest.mark.parametrize("classes", [[1], [1, 1], [0, 10], [-1, 2]])
def test_classes_must_be_different_labels(classes):
    with pytest.raises(ValueError, match="classes must be two or more different labels from 0 to 9"):
        MNIST("anywhere", classes=classes)


def test_data_that_was_not_fetched_names_the_command_that_fetches_it(tmp_path):
    with pytest.raises(UserError, match="fetch it with: spectral-data fetch mnist"):
        MNIST(str(tmp_path)).load()


@pytest.mark.parametrize("damage", [lambda content: content[:-1], lambda content: content[:-1] + b"\xff"])
def test_a_cut_or_changed_file_is_refused(stored_mnist, damage):
    path = stored_mnist / "mnist" / "train-images-idx3-ubyte"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError, match=r"train-images-idx3-ubyte is damaged.*fetch mnist --force"):
        MNIST(str(stored_mnist)).load()


def test_idx_arrays_are_read_with_their_shape():
    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    content = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4]) + values.tobytes()
    assert np.array_equal(parse_idx(content), values)


def test_both_sets_are_in_the_registry_under_their_names():
    assert {MNIST.name, FashionMNIST.name} <= set(REGISTRY)
    assert len(FashionMNIST.class_names) == 10
