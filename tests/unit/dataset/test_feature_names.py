from spectral_exp.dataset.feature_names import numbered_names, pixel_names


def test_pixel_names_follow_the_order_of_a_flattened_image():
    names = pixel_names(2, 3)
    assert names[1 * 3 + 2] == "pixel_1_2"
    assert len(set(names)) == 6


def test_numbered_names_count_from_0():
    assert numbered_names(3) == ("x0", "x1", "x2")
