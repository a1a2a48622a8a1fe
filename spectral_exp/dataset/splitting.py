"""From whole arrays to training, validation and test parts, scaled by what the training rows show."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

import numpy as np
import torch
from jaxtyping import Bool, Int, Shaped
from sklearn.model_selection import KFold, StratifiedGroupKFold, StratifiedKFold, train_test_split
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, StandardScaler
from torch import Tensor

from spectral_exp.dataset.axis import mean_inputs
from spectral_exp.dataset.data import Data, Part
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.table_columns import name_columns
from spectral_exp.errors import UserError

Scaling = Literal["standard", "minmax", "max_abs", "none"]

# A column that is constant over the training rows has scale 1: `standard` and `minmax` leave it at 0 there.
Scaler: TypeAlias = StandardScaler | MinMaxScaler | MaxAbsScaler
SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler, "max_abs": MaxAbsScaler}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RowSplit:
    """The rows of the three parts, as sorted indices into the whole arrays."""

    train: Int[np.ndarray, " n_train"]
    val: Int[np.ndarray, " n_val"]
    test: Int[np.ndarray, " n_test"]


@dataclass(frozen=True)
class Fold:
    """One part of a cross-validation: the rows of this fold are the test, instead of a random share.

    Attributes:
        number: which fold, from 1.
        n_folds: how many there are, at least 2; all rows are tested once over all of them.

    Raises:
        ValueError: if there is no such fold.
    """

    number: int
    n_folds: int

    def __post_init__(self) -> None:
        if self.n_folds < 2:
            raise ValueError(f"n_folds must be at least 2, got {self.n_folds}")
        if not 1 <= self.number <= self.n_folds:
            raise ValueError(f"fold must be from 1 to n_folds={self.n_folds}, got {self.number}")


@dataclass(frozen=True)
class Arrays:
    """Rows before scaling.

    Attributes:
        inputs: finite numbers, shape (n_rows, n_features), or (n_rows, *shape) of rows with channels.
        targets: class codes, or real values in their own units, shape (n_rows,).
    """

    inputs: Shaped[np.ndarray, "n_rows *shape"]
    targets: Shaped[np.ndarray, " n_rows"]


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


def check_scaling(scaling: str) -> None:
    """Refuse a scaling that does not exist.

    Args:
        scaling: one of `Scaling`.

    Raises:
        ValueError: if it is none of them.
    """
    if scaling not in get_args(Scaling):
        raise ValueError(f"scaling must be one of {', '.join(get_args(Scaling))}, got {scaling!r}")


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


def check_folds(
    name: str, fold: Fold, n_rows: int, classes: Int[np.ndarray, " n_rows"] | None, class_names: Sequence[str]
) -> None:
    """Refuse more folds than rows, or than rows of a class.

    Args:
        name: the data set, for messages.
        fold: says how many there are.
        n_rows: number of rows.
        classes: class codes; None for regression.
        class_names: names in the order of the codes.

    Raises:
        UserError: if a fold would lack a class, or have no rows.
    """
    counts = np.array([n_rows]) if classes is None else np.bincount(classes, minlength=len(class_names))
    rarest = int(counts.argmin())
    if fold.n_folds > counts[rarest]:
        what = "rows" if classes is None else f"rows of class {class_names[rarest]!r}"
        raise UserError(f"{name}: dataset.n_folds must be at most {counts[rarest]}, the {what}, got {fold.n_folds}")


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


def split_rows(
    name: str,
    n_rows: int,
    val_fraction: float,
    test_fraction: float,
    seed: int,
    classes: Int[np.ndarray, " n_rows"] | None = None,
    class_names: Sequence[str] = (),
    fold: Fold | None = None,
) -> RowSplit:
    """Deal the rows to the three parts; both fractions are shares of all rows.

    Args:
        name: the data set, for messages.
        n_rows: number of rows.
        val_fraction: share for validation.
        test_fraction: share for the test.
        seed: fixes the split.
        classes: class codes, for a split with each class in proportion; None for regression.
        class_names: names in the order of the codes.
        fold: the fold that is the test, whatever the test's share; None for a random share.

    Returns:
        The rows of each part.

    Raises:
        UserError: if a part would have no rows, or the classes cannot be dealt out.
    """
    if fold is not None:
        check_folds(name, fold, n_rows, classes, class_names)
    n_val = round(n_rows * val_fraction)
    n_test = round(n_rows * test_fraction) if fold is None else n_rows // fold.n_folds
    sizes = {"train": n_rows - n_val - n_test, "val": n_val, "test": n_test}
    if min(sizes.values()) < 1:
        counts = ", ".join(f"{part} {size}" for part, size in sizes.items())
        raise UserError(f"{name}: {n_rows} rows are too few to split ({counts}): change the fractions or add rows")
    if classes is not None:
        check_classes(name, classes, class_names, sizes)
    if fold is None:
        rest, test = hold_out(np.arange(n_rows), n_test, seed, classes)
    else:
        test = list(fold_rows(n_rows, fold.n_folds, seed, classes))[fold.number - 1]
        rest = np.setdiff1d(np.arange(n_rows), test)
    train, val = hold_out(rest, n_val, seed, classes)
    return RowSplit(train, val, test)


def constant_columns(inputs: Shaped[np.ndarray, "n_rows n_features"]) -> Bool[np.ndarray, " n_features"]:
    """Find the columns that hold one value only.

    Args:
        inputs: rows of numbers.

    Returns:
        True for each constant column.
    """
    return np.asarray((inputs == inputs[0]).all(axis=0))


def warn_of_constants(names: Sequence[str], is_constant: Bool[np.ndarray, " n_features"], source: str) -> None:
    """Name the inputs that do not vary, which nothing can be learned from.

    Args:
        names: of all inputs.
        is_constant: which of them do not vary over the training rows.
        source: the file.
    """
    if is_constant.any():
        constant = [names[column] for column in np.flatnonzero(is_constant).tolist()]
        log.warning("%s: constant over the training rows: %s", source, name_columns(constant))


def describe_target(info: DatasetInfo, targets: Shaped[np.ndarray, " n_rows"]) -> DatasetInfo:
    """Fill in how a regression target is standardised.

    Args:
        info: the description.
        targets: those of the training rows, in their own units.

    Returns:
        The description; that of a classification as it was.

    Raises:
        UserError: if a regression target does not vary.
    """
    if info.task == "classification":
        return info
    values = targets.astype(np.float64)
    if constant_columns(values[:, None])[0]:
        raise UserError(f"{info.name}: the target is {values[0]:g} in every training row: choose another target")
    return replace(info, target_mean=float(values.mean()), target_scale=float(values.std()))


def target_tensor(info: DatasetInfo, targets: Shaped[np.ndarray, " n_rows"]) -> Shaped[Tensor, " n_rows"]:
    """Turn targets into what a model is trained on.

    Args:
        info: holds the standardisation of a regression target.
        targets: class codes, or values in their own units.

    Returns:
        int64 class codes, or standardised float32 values.
    """
    if info.task == "classification":
        return torch.from_numpy(targets.astype(np.int64))
    return torch.from_numpy(((targets.astype(np.float64) - info.target_mean) / info.target_scale).astype(np.float32))


def with_scaling(info: DatasetInfo, scaler: Scaler) -> DatasetInfo:
    """Note how inputs are scaled.

    Args:
        info: what the inputs are.
        scaler: fitted to the training rows.

    Returns:
        The same with shift and divisor.
    """
    if isinstance(scaler, StandardScaler):
        return replace(info, input_shift=scaler.mean_, input_divisor=scaler.scale_)
    if isinstance(scaler, MinMaxScaler):
        return replace(info, input_shift=scaler.data_min_, input_divisor=1 / scaler.scale_)
    return replace(info, input_shift=np.zeros(info.n_features), input_divisor=scaler.scale_)


def make_data(info: DatasetInfo, train: Arrays, val: Arrays, test: Arrays, scaling: Scaling) -> Data:
    """Scale all parts by the training rows and turn them into tensors.

    Args:
        info: what the columns are; the scaling, of inputs and of a regression target, is filled in, and the means
            along an axis.
        train: rows the scaling is fitted on.
        val: rows for validation.
        test: rows for the test.
        scaling: `standard` (mean 0, standard deviation 1), `minmax` (0 to 1),
            `max_abs` (-1 to 1, zeros stay zeros) or `none`.

    Returns:
        The data, float32 inputs.

    Raises:
        UserError: if a regression target does not vary, or inputs are too large for single precision.
    """
    info = describe_target(info, train.targets)
    if info.axis is not None:
        means = mean_inputs(train.inputs, train.targets, info.class_names)
        info = replace(info, axis=replace(info.axis, means=means))
    scaler = SCALERS[scaling]().fit(train.inputs) if scaling in SCALERS else None
    if scaler is not None:
        info = with_scaling(info, scaler)

    def part(arrays: Arrays) -> Part:
        inputs = arrays.inputs if scaler is None else scaler.transform(arrays.inputs)
        with np.errstate(over="ignore"):
            inputs = np.ascontiguousarray(inputs, dtype=np.float32)
        is_finite = np.isfinite(inputs).all(axis=0)
        if not is_finite.all():
            column = info.feature_names[int(is_finite.argmin())]
            raise UserError(f"{info.name}: input {column!r} is too large for single precision: rescale or drop it")
        return Part(torch.from_numpy(inputs), target_tensor(info, arrays.targets))

    return Data(info, part(train), part(val), part(test))


def split_arrays(
    info: DatasetInfo, arrays: Arrays, val_fraction: float, test_fraction: float, seed: int, fold: Fold | None = None
) -> tuple[Arrays, Arrays, Arrays]:
    """Deal rows to the three parts, each class in proportion.

    Args:
        info: what the target is.
        arrays: all rows.
        val_fraction: share of all rows for validation.
        test_fraction: share of all rows for the test.
        seed: fixes the split.
        fold: the fold that is the test; None for a random share.

    Returns:
        The rows for training, validation and test.
    """
    classes = arrays.targets if info.task == "classification" else None
    rows = split_rows(
        info.name, len(arrays.targets), val_fraction, test_fraction, seed, classes, info.class_names, fold
    )
    train, val, test = (Arrays(arrays.inputs[part], arrays.targets[part]) for part in (rows.train, rows.val, rows.test))
    return train, val, test


def split_and_scale(
    info: DatasetInfo,
    arrays: Arrays,
    val_fraction: float,
    test_fraction: float,
    seed: int,
    scaling: Scaling,
    fold: Fold | None = None,
) -> Data:
    """Deal rows to the three parts and scale them: all that a set without a test part of its own needs.

    Args:
        info: what the columns are.
        arrays: all rows.
        val_fraction: share of all rows for validation.
        test_fraction: share of all rows for the test.
        seed: fixes the split.
        scaling: how inputs are scaled, fitted on the training rows.
        fold: the fold that is the test; None for a random share.

    Returns:
        The data.
    """
    return make_data(info, *split_arrays(info, arrays, val_fraction, test_fraction, seed, fold), scaling)
