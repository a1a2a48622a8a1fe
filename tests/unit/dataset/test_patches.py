import numpy as np

from spectral_exp.dataset.patches import patches


def test_patches_hold_the_pixels_around_their_centres_and_the_fill_elsewhere():
    cube = np.arange(5 * 6 * 2, dtype=np.float32).reshape(5, 6, 2)
    is_seen = np.ones((5, 6), dtype=bool)
    is_seen[:, 3:] = False
    centres = np.zeros((5, 6), dtype=bool)
    centres[0, 1] = centres[2, 2] = True
    fill = np.array([-1, -2], dtype=np.float32)
    corner, middle = patches(cube, centres, is_seen, 3, fill)
    np.testing.assert_array_equal(middle[:, :, :2], cube[1:4, 1:3].transpose(2, 0, 1))
    np.testing.assert_array_equal(middle[:, :, 2], np.repeat(fill[:, None], 3, axis=1))
    np.testing.assert_array_equal(corner[:, 0], np.repeat(fill[:, None], 3, axis=1))
    np.testing.assert_array_equal(corner[:, 1:], cube[:2, :3].transpose(2, 0, 1))
