import io

import pytest
from rich.console import Console

from spectral_exp.report.relevance_bar import RelevanceBar


@pytest.mark.parametrize(
    ("share", "bar"), [(1.0, "████"), (0.5, "██"), (0.0, ""), (0.28125, "█▏"), (3.0, "████"), (float("nan"), "")]
)
def test_its_length_is_its_share(share: float, bar: str) -> None:
    file = io.StringIO()
    Console(file=file, width=40).print(RelevanceBar(share, is_kept=True, width=4))
    assert file.getvalue().strip() == bar


def test_where_blocks_cannot_be_written_it_is_made_of_hashes() -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Console(file=file, width=40).print(RelevanceBar(0.5, is_kept=True, width=4))
    file.seek(0)
    assert file.read().strip() == "##"
