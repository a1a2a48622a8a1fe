import json

import numpy as np

from spectral_exp.report.page.chart import DARK, script_json, text_of


def test_json_in_a_page_cannot_end_its_script_and_has_no_nan() -> None:
    content = {"names": ["</script>", "a&b", "\u2028"], "values": np.array([1.0, np.nan])}
    text = script_json(content)
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text)["names"] == content["names"]
    assert json.loads(script_json({"value": float("nan")})) == {"value": None}


def test_a_name_is_short_and_no_markup() -> None:
    assert text_of("<b>age</b>") == "&lt;b&gt;age&lt;/b&gt;"
    assert len(text_of("x" * 100, 20)) == 20


def test_every_colour_has_another_one_on_a_dark_page() -> None:
    assert len(set(DARK.values())) == len(DARK)
    assert all(light != dark for light, dark in DARK.items())
