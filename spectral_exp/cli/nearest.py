"""Names that may have been meant."""

import difflib
from collections.abc import Iterable, Sequence

WORD = 0.9  # likeness of one of a name's words to the name


def nearest(name: str, candidates: Iterable[str], n: int = 3) -> list[str]:
    """Find the candidates most like a name.

    The last part counts most, so that `strength` finds `regularization.strength`, and a shared first part alone
    is no likeness. A word of a last part is nearly all of it: `epochs` finds `trainer.max_epochs`.

    Args:
        name: what was typed.
        candidates: what is valid; parts of a name are separated by dots or slashes.
        n: how many to return at most.

    Returns:
        The best, and those almost as good; none if nothing is alike.

    Example:
        >>> nearest("datset", ["dataset", "model", "data_dir"])
        ['dataset']
        >>> nearest("epochs", ["refit.epochs", "trainer.max_epochs", "selection.folds"])
        ['refit.epochs', 'trainer.max_epochs']
    """
    scores = {candidate: _likeness(name, candidate) for candidate in candidates}
    best = max(scores.values(), default=0.0)
    alike = [candidate for candidate, score in scores.items() if score >= max(0.6, best - 0.1)]
    return sorted(alike, key=lambda candidate: -scores[candidate])[:n]


def did_you_mean(names: Sequence[str]) -> str:
    """Put suggestions into words.

    Args:
        names: what may have been meant.

    Returns:
        A clause to append to a message; nothing if there are no names.
    """
    return f"; did you mean {' or '.join(names)}?" if names else ""


def _likeness(typed: str, candidate: str) -> float:
    typed, candidate = (name.lower().replace("-", "_").replace("/", ".") for name in (typed, candidate))
    typed_parent, _, typed_last = typed.rpartition(".")
    parent, _, last = candidate.rpartition(".")
    of_last = max(_ratio(typed_last, last), WORD * (typed_last in last.split("_")))
    by_part = of_last * (0.75 + 0.25 * _ratio(typed_parent, parent))
    whole = _ratio(typed, candidate)
    return whole if whole > max(by_part, 0.75) and typed_parent != parent else by_part


def _ratio(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other).ratio()
