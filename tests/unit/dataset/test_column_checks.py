import numpy as np
import pytest

from spectral_exp.dataset.column_checks import refuse_identifiers, refuse_infinite, refuse_missing
from spectral_exp.dataset.table_columns import Column
from spectral_exp.errors import UserError


def test_identifiers_are_refused_and_many_repeated_values_are_not():
    ids = Column("id", np.arange(100.0), categories=tuple(f"s{number}" for number in range(100)))
    with pytest.raises(UserError, match=r"'id' has 100 different values in 100 rows.*dataset.drop=\[id\]"):
        refuse_identifiers([ids], "table.csv")
    repeated = Column("city", np.tile(np.arange(60.0), 3), categories=tuple(f"s{number}" for number in range(60)))
    refuse_identifiers([repeated], "table.csv")


def test_gaps_and_infinities_are_counted_per_column():
    columns = [Column(f"c{k}", np.array([np.nan] * k + [np.inf] * (8 - k))) for k in range(1, 8)]
    with pytest.raises(UserError, match=r"missing values in 'c1' \(1\), .*'c5' \(5\) and 2 more columns: do this"):
        refuse_missing(columns, "table.csv", "do this")
    with pytest.raises(UserError, match=r"infinite values in 'c1' \(7\), 'c2' \(6\)"):
        refuse_infinite(columns, "table.csv")
