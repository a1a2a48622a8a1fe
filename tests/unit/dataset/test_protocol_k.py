import numpy as np
from sklearn.model_selection import train_test_split

from spectral_exp.dataset.mnist import MNIST
from spectral_exp.dataset.protocol_k import ProtocolK


def test_the_split_is_that_of_the_authors_scripts(stored_mnist):
    images = MNIST(data_dir=str(stored_mnist))
    data = ProtocolK(images, seed=3).load()
    pixels, labels = images.read_part("t10k")
    rest, test, rest_labels, test_labels = train_test_split(pixels / 255, labels, test_size=0.2, random_state=3)
    train, val, train_labels, val_labels = train_test_split(rest, rest_labels, test_size=0.125, random_state=3)
    for part, inputs, targets in (
        (data.train, train, train_labels),
        (data.val, val, val_labels),
        (data.test, test, test_labels),
    ):
        np.testing.assert_allclose(part.inputs.numpy(), inputs, atol=1e-7)
        assert part.targets.tolist() == targets.tolist()
    assert data.info.name == "mnist_protocol_k" and data.info.shape == (28, 28)
