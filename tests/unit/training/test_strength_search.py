import pytest

from spectral_exp.training.strength_search import bisect_strength


def search(count, k, start=1.0, max_runs=20):
    tried = {}
    bisect_strength(lambda strength: tried.setdefault(strength, count(strength)), k, start, max_runs)
    return tried


@pytest.mark.parametrize("start", [1e-4, 1.0, 1e4])
def test_the_search_ends_where_exactly_k_inputs_are_kept_wherever_it_begins(start):
    tried = search(lambda strength: round(100 / (1 + strength)), k=37, start=start)
    assert list(tried.values())[-1] == 37
    assert list(tried.values()).count(37) == 1


def test_a_jump_over_k_is_closed_in_from_both_sides():
    tried = search(lambda strength: 50 if strength < 2.345 else 10, k=20, max_runs=40)
    above = max(strength for strength, count in tried.items() if count > 20)
    below = min(strength for strength, count in tried.items() if count < 20)
    assert above < 2.345 <= below < 1.001 * above


def test_no_more_strengths_are_tried_than_allowed():
    assert len(search(lambda strength: 50 if strength < 2.345 else 10, k=20, max_runs=5)) == 5


def test_counts_that_go_away_from_k_end_the_search():
    # A relative rule keeps more again where everything is pressed alike.
    assert list(search(lambda strength: 30 if 3 < strength < 4 else 50, k=20).values()) == [50, 30, 50, 50]
