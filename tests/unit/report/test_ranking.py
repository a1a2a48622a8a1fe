from pathlib import Path

import pytest

from spectral_exp.errors import UserError
from spectral_exp.report.ranking import RankedFeature, read_ranking


def test_rows_come_back_as_written(run_folder: Path, ranking: list[RankedFeature]) -> None:
    assert read_ranking(run_folder / "ranking.csv") == ranking


def test_the_order_of_columns_does_not_matter(run_folder: Path, ranking: list[RankedFeature]) -> None:
    path = run_folder / "ranking.csv"
    lines = [line.split(",")[::-1] for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("\n".join(",".join(cells) for cells in lines), encoding="utf-8")
    assert read_ranking(path) == ranking


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "no column 'rank'"),
        ("rank,feature,name\n1,0,a\n", "no column 'relevance'"),
        (",".join(RankedFeature._fields) + "\n", "empty"),
        (",".join(RankedFeature._fields) + "\n1,0,a,0.5,0.5,true,-1\n2,1,b,0.", "line 3"),
        (",".join(RankedFeature._fields) + "\n1,0,a,much,0.5,true,-1\n", "line 2"),
        (",".join(RankedFeature._fields) + "\n1,0,a,0.5,0.5,maybe,-1\n", "line 2"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "ranking.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_ranking(path)
    assert str(path) in str(caught.value)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
