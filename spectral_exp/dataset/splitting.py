"""Which rows are for training, for validation and for the test."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from sklearn.model_selection import KFold, StratifiedGroupKFold, StratifiedKFold, train_test_split

from spectral_exp.errors import UserError


@dataclass(frozen=True)
class RowSplit:
    """The rows of the three parts, as sorted indices into the whole arrays."""

    train: Int[np.ndarray, " n_train"]
    val: Int[np.ndarray, " n_val"]
    test: Int[np.ndarray, " n_test"]


@dataclass(frozen=True)
class Split:
    """How the rows of a set without a test part of its own are dealt to the three parts.

    Attributes:
        val_fraction: share of all rows for validation.
        test_fraction: share of all rows for the test, unless a fold is named.
        seed: fixes the split, or the folds.
        fold: which of n_folds is the test, from 1; None for a random share.
        n_folds: parts of a cross-validation; together their tests are all rows.

    Raises:
        ValueError: if a share leaves a part without rows, or there is no such fold.
    """

    val_fraction: float
    test_fraction: float
    seed: int
    fold: int | None = None
    n_folds: int = 5

    def __post_init__(self) -> None:
        check_fractions(self.val_fraction, self.test_fraction)
        if self.fold is not None:
            check_fold(self.fold, self.n_folds)

    def rows(
        self,
        name: str,
        n_rows: int,
        classes: Int[np.ndarray, " n_rows"] | None = None,
        class_names: Sequence[str] = (),
    ) -> RowSplit:
        """Deal the rows of a set.

        Args:
            name: the data set, for messages.
            n_rows: number of rows.
            classes: class codes, for a split with each class in proportion; None for regression.
            class_names: names in the order of the codes.

        Returns:
            The rows of each part.

        Raises:
            UserError: if a part would have no rows, or the classes cannot be dealt out.
        """
        if self.fold is not None:
            check_n_folds(name, self.n_folds, n_rows, classes, class_names)
        n_val = round(n_rows * self.val_fraction)
        n_test = round(n_rows * self.test_fraction) if self.fold is None else n_rows // self.n_folds
        sizes = {"train": n_rows - n_val - n_test, "val": n_val, "test": n_test}
        if min(sizes.values()) < 1:
            counts = ", ".join(f"{part} {size}" for part, size in sizes.items())
            raise UserError(f"{name}: {n_rows} rows are too few to split ({counts}): change the fractions or add rows")
        if classes is not None:
            check_classes(name, classes, class_names, sizes)
        if self.fold is None:
            rest, test = hold_out(np.arange(n_rows), n_test, self.seed, classes)
        else:
            test = list(fold_rows(n_rows, self.n_folds, self.seed, classes))[self.fold - 1]
            rest = np.setdiff1d(np.arange(n_rows), test)
        train, val = hold_out(rest, n_val, self.seed, classes)
        return RowSplit(train, val, test)


def check_fractions(val_fraction: float, test_fraction: float | None = None) -> None:
    """Refuse fractions that leave a part without rows.

    Args:
        val_fraction: share of the rows for validation.
        test_fraction: share for the test, or None if the data has its own test rows.

    Raises:
        ValueError: if a share is not between 0 and 1, or both together leave nothing to train on.
    """
    for name, fraction in (("val_fraction", val_fraction), ("test_fraction", test_fraction)):
        if fraction is not None and not 0 < fraction < 1:
            raise ValueError(f"{name} must be above 0 and below 1, got {fraction}")
    if val_fraction + (test_fraction or 0) >= 1:
        raise ValueError(f"val_fraction + test_fraction must be below 1, got {val_fraction} + {test_fraction}")


def check_classes(
    name: str, codes: Int[np.ndarray, " n_rows"], class_names: Sequence[str], part_sizes: dict[str, int]
) -> None:
    """Refuse a classification task that cannot be split with every class in mind.

    Args:
        name: the data set, for messages.
        codes: class codes of all rows that are split.
        class_names: names in the order of the codes.
        part_sizes: rows each part is to have, by the part's name.

    Raises:
        UserError: if there is one class only, a class has fewer rows than there are parts, or a
            part would have fewer rows than there are classes.
    """
    n_classes = len(class_names)
    if n_classes < 2:
        raise UserError(f"{name}: the target has one class only ({class_names[0]!r}), expected two or more")
    counts = np.bincount(codes, minlength=n_classes)
    rarest = int(counts.argmin())
    if counts[rarest] < len(part_sizes):
        raise UserError(
            f"{name}: class {class_names[rarest]!r} has {counts[rarest]} rows, but {', '.join(part_sizes)} need one "
            f"each ({len(codes)} rows, {n_classes} classes): leave the class out, merge it, or add rows; "
            "if the target is a quantity, set dataset.task=regression"
        )
    for part, size in part_sizes.items():
        if size < n_classes:
            raise UserError(
                f"{name}: the {part} part would have {size} of {len(codes)} rows, fewer rows than classes "
                f"({n_classes}): change val_fraction or test_fraction, or add rows"
            )


def check_fold(fold: int, n_folds: int) -> None:
    """Refuse a fold that does not exist.

    Args:
        fold: its number, from 1.
        n_folds: how many there are.

    Raises:
        ValueError: if there is no such fold, or only one.
    """
    if n_folds < 2:
        raise ValueError(f"n_folds must be at least 2, got {n_folds}")
    if not 1 <= fold <= n_folds:
        raise ValueError(f"fold must be from 1 to n_folds={n_folds}, got {fold}")


def check_n_folds(
    name: str, n_folds: int, n_rows: int, classes: Int[np.ndarray, " n_rows"] | None, class_names: Sequence[str]
) -> None:
    """Refuse more folds than rows, or than rows of a class.

    Args:
        name: the data set, for messages.
        n_folds: how many there are.
        n_rows: number of rows.
        classes: class codes; None for regression.
        class_names: names in the order of the codes.

    Raises:
        UserError: if a fold would lack a class, or have no rows.
    """
    counts = np.array([n_rows]) if classes is None else np.bincount(classes, minlength=len(class_names))
    rarest = int(counts.argmin())
    if n_folds > counts[rarest]:
        what = "rows" if classes is None else f"rows of class {class_names[rarest]!r}"
        raise UserError(f"{name}: dataset.n_folds must be at most {counts[rarest]}, the {what}, got {n_folds}")


def hold_out(
    rows: Int[np.ndarray, " n_rows"],
    n_held: int,
    seed: int,
    classes: Int[np.ndarray, " n_all"] | None = None,
) -> tuple[Int[np.ndarray, " n_kept"], Int[np.ndarray, " n_held"]]:
    """Set rows aside at random, each class in proportion.

    Args:
        rows: indices to choose from.
        n_held: how many to set aside.
        seed: fixes the choice.
        classes: class codes of the whole data set, which the rows point into; None to ignore them.

    Returns:
        The rows that stay and those set aside, both sorted.
    """
    strata = None if classes is None else classes[rows]
    kept, held = train_test_split(rows, test_size=n_held, stratify=strata, random_state=seed)
    return np.sort(kept), np.sort(held)


def check_n_train(n_train: int | None) -> None:
    """Refuse a subset that nothing can be learned from.

    Args:
        n_train: number of training rows; None for all.

    Raises:
        ValueError: if it is below 2.
    """
    if n_train is not None and n_train < 2:
        raise ValueError(f"n_train must be at least 2, got {n_train}")


def choose_train_rows(
    name: str,
    codes: Int[np.ndarray, " n_rows"],
    class_names: Sequence[str],
    n_train: int | None,
    val_fraction: float,
    seed: int,
) -> tuple[Int[np.ndarray, " n_train"], Int[np.ndarray, " n_val"]]:
    """Take validation rows, and perhaps a subset to train on, from the train file of a set with a test part of its own.

    Args:
        name: the data set, for messages.
        codes: class codes of the train file.
        class_names: names in the order of the codes.
        n_train: number of training rows, each class in proportion; None for all that validation leaves.
        val_fraction: share of the file for validation.
        seed: fixes both; validation does not depend on n_train.

    Returns:
        The rows for training and those for validation, both sorted.

    Raises:
        UserError: if n_train is larger than what there is, or the classes cannot be dealt out.
    """
    n_val = round(len(codes) * val_fraction)
    wanted = len(codes) - n_val if n_train is None else n_train
    if wanted > len(codes) - n_val:
        raise UserError(
            f"n_train={wanted} is more than the {len(codes) - n_val} of {len(codes)} rows of {name} that "
            f"validation leaves: lower it, or lower val_fraction={val_fraction:g}"
        )
    check_classes(name, codes, class_names, {"train": wanted, "val": n_val})
    train, val = hold_out(np.arange(len(codes)), n_val, seed, codes)
    if wanted < len(train):
        _, train = hold_out(train, wanted, seed, codes)
    return train, val


def fold_rows(
    n_rows: int,
    n_folds: int,
    seed: int,
    classes: Int[np.ndarray, " n_rows"] | None = None,
    regions: Int[np.ndarray, " n_rows"] | None = None,
) -> Iterator[Int[np.ndarray, " n_held"]]:
    """Deal rows to folds at random, each class in proportion as far as whole regions allow.

    Args:
        n_rows: number of rows.
        n_folds: how many folds.
        seed: fixes them.
        classes: class codes; None for regression.
        regions: number of every row's region, which is in one fold as a whole; None to deal single rows.

    Yields:
        The sorted rows of each fold.
    """
    kind = KFold if classes is None else StratifiedKFold if regions is None else StratifiedGroupKFold
    for _, held in kind(n_folds, shuffle=True, random_state=seed).split(np.empty((n_rows, 0)), classes, regions):
        yield held
