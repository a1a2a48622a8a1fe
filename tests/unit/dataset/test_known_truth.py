import numpy as np

from spectral_exp.dataset.known_truth import describe_known_truth


def test_every_input_has_a_name_and_its_strength():
    info = describe_known_truth("made", np.array([0.5, 0.0, 1.0]))
    assert info.n_features == len(set(info.feature_names)) == 3 and info.shape == (3,)
    assert info.n_outputs == 2 and info.true_strength.tolist() == [0.5, 0.0, 1.0]
