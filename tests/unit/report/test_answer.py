from spectral_exp.report.aggregate import problems
from spectral_exp.report.answer import Answer, answer
from spectral_exp.report.collect import CollectedRun
from tests.unit.report.synthetic import make_collected


def answer_of(runs: list[CollectedRun]) -> Answer:
    (problem,) = problems(runs)
    said = answer(problem)
    assert said is not None
    return said


def seeds(selected: list[int], scores: list[float], **settings: object) -> list[CollectedRun]:
    return [make_collected(selected, score, seed, **settings) for seed, score in enumerate(scores)]  # type: ignore[arg-type]


MANY = seeds([0, 1, 2, 3], [0.93, 0.95, 0.94], size="many")


def test_fewest_inputs_within_one_standard_error_win() -> None:
    near = seeds([0, 1], [0.935, 0.937, 0.936], size="near")  # 0.936 > 0.94 - 0.00577
    far = seeds([0], [0.92, 0.93, 0.93], size="far")
    said = answer_of([*MANY, *near, *far])
    assert said.configuration.settings["size"] == "near"
    assert said.headline.startswith(
        "2 of 6 inputs give a test accuracy of 0.936 (mean of 3 runs, 95 % interval 0.934 to"
    )
    assert (
        "fewest inputs within one standard error of the best test accuracy (0.940 with 4 inputs; size=many)"
        in said.notes[0]
    )


def test_the_best_wins_where_none_is_close_and_says_so() -> None:
    said = answer_of([*MANY, *seeds([0], [0.92, 0.93, 0.93], size="far")])
    assert said.configuration.settings["size"] == "many"
    assert "none with fewer inputs is within one standard error of it" in said.notes[0]


def test_without_seeds_no_standard_error_is_claimed() -> None:
    said = answer_of([make_collected([0, 1], 0.9, size="a"), make_collected([0], 0.8999, size="b")])
    assert said.configuration.settings["size"] == "a"
    assert "within one standard error" not in " ".join([said.headline, *said.notes])
    assert "without further seeds its standard error is not known" in said.notes[0]
    assert "one seed cannot tell" in said.headline
    assert "interval" not in said.headline


def test_nets_of_the_selected_inputs_are_compared_by_validation() -> None:
    def net(selected: list[int], **settings: str) -> list[CollectedRun]:
        return seeds(selected, [0.9, 0.91], is_net_of_selected=True, **settings)

    said = answer_of([*net([0], size="a"), *net([0, 1], size="b")])
    assert said.configuration.settings["size"] == "a"
    assert "validation accuracy" in said.notes[0]
    assert not any("optimistic" in note for note in said.notes)
    other = answer_of([*net([0], size="a"), *seeds([0, 1], [0.9, 0.91], size="b")])
    assert any("optimistic" in note for note in other.notes)


def test_an_error_is_better_when_lower_and_has_the_units_of_the_target() -> None:
    runs = [
        make_collected([0], 5.0, task="regression", size="a"),
        make_collected([0, 1], 4.0, task="regression", size="b"),
    ]
    said = answer_of(runs)
    assert said.configuration.settings["size"] == "b"
    assert said.headline.startswith("2 of 6 inputs give a test mean absolute error of 4 in units of the target.")


def test_one_input_is_singular() -> None:
    assert answer_of([make_collected([0], 0.9)]).headline.startswith("1 of 6 inputs gives a test accuracy of 0.900.")


def test_an_interval_stays_within_what_an_accuracy_can_be() -> None:
    headline = answer_of(seeds([0], [1.0, 0.95, 1.0])).headline
    assert "to 1.000)" in headline


def test_stability_is_told_in_words() -> None:
    assert "agree well on which ones (stability 1.00" in answer_of(MANY).headline
    apart = [make_collected([0, 1, 2], 0.9, 0), make_collected([3, 4, 5], 0.9, 1)]
    assert "agree poorly on which ones (stability -1.00" in answer_of(apart).headline
    every = seeds([0, 1, 2, 3, 4, 5], [0.9, 0.9])
    assert "All 2 runs select every input" in answer_of(every).headline


def test_runs_without_a_score_have_no_answer() -> None:
    (problem,) = problems([make_collected([], float("nan"))])
    assert answer(problem) is None
