import numpy as np
import torch
from sklearn.datasets import load_digits

from spectral_exp.dataset.digits import Digits


def test_digits_are_scikit_learns_with_pixels_between_0_and_1():
    data = Digits().load()
    assert (len(data.train), len(data.val), len(data.test)) == (1168, 270, 359)
    assert data.info.shape == (8, 8)
    assert data.info.feature_names[9] == "pixel_1_1"
    assert data.info.class_names == tuple("0123456789")
    pixels = torch.cat([part.inputs for part in (data.train, data.val, data.test)]) * 16
    theirs = load_digits().data
    assert sorted(map(tuple, pixels.numpy())) == sorted(map(tuple, theirs.astype(np.float32)))


def test_labels_stay_with_their_pixels():
    inputs, labels = load_digits(return_X_y=True)
    label_of = {tuple(row): label for row, label in zip(inputs, labels, strict=True)}
    test = Digits().load().test
    assert [label_of[tuple(row)] for row in (test.inputs * 16).double().numpy()] == test.targets.tolist()
