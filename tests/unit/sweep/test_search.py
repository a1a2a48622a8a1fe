import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from spectral_exp.errors import UserError
from spectral_exp.sweep.search import Search

pytest.importorskip("optuna")

OBJECTIVES = {"val/accuracy": "maximize", "n_selected": "minimize"}


@pytest.fixture
def search(tmp_path):
    def search(*texts, objectives=OBJECTIVES):
        overrides = OverridesParser.create().parse_overrides(list(texts))
        return Search(tmp_path, {one.get_key_element(): one for one in overrides}, objectives, seed=0)

    return search


SPACE = ("dataset=digits", "optimizer.lr=tag(log,interval(1e-4,1e-2))", "k=int(interval(2,9))", "size=tiny,small")


def test_trials_are_overrides_within_what_was_asked_for(search):
    one = search(*SPACE)
    one.ask(8)
    jobs = one.jobs()
    assert len(jobs) == len(set(jobs)) == one.n_trials == 8
    for fixed, lr, k, size in jobs:
        assert fixed == "dataset=digits"
        assert 1e-4 <= float(lr.removeprefix("optimizer.lr=")) <= 1e-2
        assert int(k.removeprefix("k=")) in range(2, 10)
        assert size in ("size=tiny", "size=small")


def test_trials_survive_the_process_and_new_ones_are_others(search):
    one = search(*SPACE)
    one.ask(3)
    again = search(*SPACE)
    assert again.jobs() == one.jobs()
    again.ask(3)
    assert len(set(again.jobs())) == 6


def test_the_front_holds_what_no_other_beats(search):
    one = search(*SPACE)
    one.ask(4)
    for number, (accuracy, n_selected) in enumerate([(0.9, 30), (0.8, 10), (0.8, 20)]):
        one.tell(number, {"val/accuracy": accuracy, "n_selected": n_selected, "test/accuracy": 0.0})
        one.tell(number, {"val/accuracy": 0.0, "n_selected": 99})  # it is closed: as when a sweep goes on
    assert one.front() == [
        (1, {"val/accuracy": 0.8, "n_selected": 10}),
        (0, {"val/accuracy": 0.9, "n_selected": 30}),
    ]


def test_a_missing_objective_is_named(search):
    one = search(*SPACE, objectives={"val/acuracy": "maximize"})
    one.ask(1)
    with pytest.raises(UserError, match=r"objectives: runs have no val/acuracy; they have val/accuracy, n_selected"):
        one.tell(0, {"val/accuracy": 0.5, "n_selected": 3})


@pytest.mark.parametrize(
    ("texts", "objectives", "message"),
    [
        (SPACE, {"val/accuracy": "max"}, "val/accuracy must be maximize or minimize, got max"),
        (["seed=1"], OBJECTIVES, "nothing to search over"),
    ],
)
def test_what_cannot_be_searched_is_refused(search, texts, objectives, message):
    with pytest.raises(UserError, match=message):
        search(*texts, objectives=objectives)


def test_other_objectives_need_another_folder(search):
    search(*SPACE)
    with pytest.raises(UserError, match="name another folder"):
        search(*SPACE, objectives={"val/accuracy": "maximize"})
