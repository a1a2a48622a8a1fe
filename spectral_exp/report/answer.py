"""How few inputs suffice, told from many runs in sentences."""

from dataclasses import dataclass
from math import isfinite

from spectral_exp.counting import counted
from spectral_exp.report.aggregate import Configuration, Estimate, Problem

# Above and below these a selection agrees excellently and poorly (Fleiss; so Nogueira, Sechidis and Brown, 2018).
_EXCELLENT, _POOR = 0.75, 0.4


@dataclass(frozen=True)
class Answer:
    """What the runs on one data set say.

    Attributes:
        configuration: the one that is recommended.
        headline: the answer in one sentence.
        notes: how it was found and what to keep in mind, a sentence each.
    """

    configuration: Configuration
    headline: str
    notes: list[str]


def answer(problem: Problem) -> Answer | None:
    """Recommend the configuration with the fewest inputs that is within one standard error of the best.

    Configurations are compared by their validation score where the nets read their selected inputs alone, else by the
    test score with these alone: the score of a net that reads more would be none of the selection.

    Args:
        problem: finished runs on one data set.

    Returns:
        The answer; None if no run has a score.
    """
    by_validation = all(one.is_net_of_selected and isfinite(one.validation.mean) for one in problem.configurations)
    scores = {
        index: one.validation if by_validation else one.with_selected
        for index, one in enumerate(problem.configurations)
        if isfinite(one.with_selected.mean)
    }
    if not scores:
        return None
    better = problem.score.better
    best = max(scores, key=lambda index: better(scores[index].mean))
    chosen = best
    if isfinite(scores[best].standard_error):
        worst = better(scores[best].mean) - scores[best].standard_error
        close = [index for index, score in scores.items() if better(score.mean) >= worst]
        configurations = problem.configurations
        chosen = min(close, key=lambda index: (configurations[index].n_selected.mean, -better(scores[index].mean)))
    one = problem.configurations[chosen]
    notes = [*_choice(problem, one, problem.configurations[best], by_validation), *_whole_net(one)]
    return Answer(one, f"{_headline(problem, one)} {_stability(one)}", notes)


def _headline(problem: Problem, one: Configuration) -> str:
    score = problem.score
    n_features = problem.info.n_features
    kept = f"{counted(one.n_selected.mean, 'input').split()[0]} of {counted(n_features, 'input')}"
    if one.n_selected.sd > 0:
        kept = f"On average {kept}"
    gives = "gives" if one.n_selected.mean == 1 else "give"
    value = f"{gives} a test {score.words} of {score.write(one.with_selected.mean)}"
    if not score.is_higher_better:
        value += " in units of the target"
    return f"{kept} {value}{_interval(one.with_selected, problem)}."


def _interval(value: Estimate, problem: Problem) -> str:
    if value.n < 2:
        return ""
    score = problem.score
    low, high = score.within_range(value.low, value.high)
    return f" (mean of {counted(value.n, 'run')}, 95 % interval {score.write(low)} to {score.write(high)})"


def _stability(one: Configuration) -> str:
    if len(one.runs) < 2:
        return "How stable the selection is, one seed cannot tell."
    value = one.stability
    if not isfinite(value.value):
        which = "every input" if one.masks.all() else "no input"
        return f"All {counted(len(one.runs), 'run')} select {which}, so there is no stability to measure."
    agree = "well" if value.value >= _EXCELLENT else "poorly" if value.value < _POOR else "moderately"
    return (
        f"Different {one.repeated_over} agree {agree} on which ones "
        f"(stability {value.value:.2f}, 95 % interval {value.low:.2f} to {value.high:.2f}; 1 is perfect, 0 is chance)."
    )


def _choice(problem: Problem, one: Configuration, best: Configuration, by_validation: bool) -> list[str]:
    count = len(problem.configurations)
    if count == 1:
        return (
            [] if len(one.runs) > 1 else ["Run other seeds to see spread and stability: spectral-train -m seed=0,1,2"]
        )
    by = f"{'validation' if by_validation else 'test'} {problem.score.words}"
    value = best.validation if by_validation else best.with_selected
    of_best = f"{problem.score.write(value.mean)} with {counted(best.n_selected.mean, 'input')}"
    if one is not best:
        how = f"has the fewest inputs within one standard error of the best {by} ({of_best}; {problem.label(best)})"
    elif isfinite(value.standard_error):
        how = f"has the best {by}, {of_best}; none with fewer inputs is within one standard error of it"
    else:
        how = f"has the best {by}, {of_best}; without further seeds its standard error is not known"
    notes = [f"Of {count:,} configurations this one {how}."]
    if not by_validation:
        notes.append(
            "The choice was made on the test rows, because nets that also read other inputs have no validation score "
            "of the selection alone: the score is a little optimistic."
        )
    return notes


def _whole_net(one: Configuration) -> list[str]:
    if one.is_net_of_selected or not isfinite(one.whole_net.mean):
        return []
    score = one.score
    nets = "this net reaches" if len(one.runs) == 1 else "these nets reach"
    return [
        "The score is that of the trained net with all other inputs set to 0, without retraining; "
        f"with every input {nets} {score.write(one.whole_net.mean)}."
    ]
