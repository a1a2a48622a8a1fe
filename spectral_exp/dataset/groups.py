"""Inputs by name: which form a group, which are always kept."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Literal

import numpy as np
from jaxtyping import Bool

from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.errors import UserError


def find_inputs(patterns: Sequence[str], names: Sequence[str], where: str) -> Bool[np.ndarray, " n_features"]:
    """Find inputs by name.

    Args:
        patterns: names, or patterns such as `color=*` (see `fnmatch`).
        names: of all inputs.
        where: the place in the config, named in messages.

    Returns:
        True for every input that was named.

    Raises:
        UserError: if a pattern fits no input; names the nearest.

    Example:
        >>> find_inputs(["age", "color=*"], ["age", "color=red", "color=blue", "size"], "keep")
        array([ True,  True,  True, False])
    """
    found = np.zeros(len(names), dtype=bool)
    positions = {name: position for position, name in enumerate(names)}
    for pattern in patterns:
        if pattern in positions:
            found[positions[pattern]] = True
            continue
        matches = [position for name, position in positions.items() if fnmatchcase(name, pattern)]
        if not matches:
            near = difflib.get_close_matches(pattern, names, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"the inputs are {', '.join(names[:5])}, ..."
            raise UserError(f"{where}: no input is called {pattern!r}; {hint}")
        found[matches] = True
    return found


def find_kept(keep: Sequence[str], info: DatasetInfo) -> Bool[np.ndarray, " n_features"]:
    """Find the inputs that never leave.

    Args:
        keep: names of inputs or of groups, or patterns of names of inputs.
        info: describes the data set.

    Returns:
        True for every input that was named, alone or as one of a group.
    """
    groups = set(info.groups or ()) - set(info.feature_names)
    found = find_inputs([name for name in keep if name not in groups], info.feature_names, "keep")
    for name in groups.intersection(keep):
        found |= np.array(info.groups, dtype=object) == name
    return found


def group_inputs(info: DatasetInfo, groups: Literal["auto", "none"] | Mapping[str, str | Sequence[str]]) -> DatasetInfo:
    """Decide which inputs form groups.

    Args:
        info: describes the data set, with the groups that it brings.
        groups: `auto` for these, `none`, or name to inputs, by name or pattern; all others stand alone.

    Returns:
        The description with the groups asked for.

    Raises:
        UserError: if an input is not there or in two groups, or a group has the name of another input.
    """
    if groups == "auto":
        return info
    if isinstance(groups, str) or not groups:
        return replace(info, groups=None)
    group_of = np.array(info.feature_names, dtype=object)
    is_grouped = np.zeros(info.n_features, dtype=bool)
    for name, patterns in groups.items():
        where = f"groups.{name}"
        members = find_inputs([patterns] if isinstance(patterns, str) else patterns, info.feature_names, where)
        if not members.any():
            raise UserError(f"{where}: expected names of inputs, got none; leave the group out")
        twice = (members & is_grouped).nonzero()[0]
        if len(twice):
            first = twice[0]
            raise UserError(f"{where}: {info.feature_names[first]!r} is in group {group_of[first]!r} already")
        group_of[members] = name
        is_grouped |= members
    alone = set(group_of[~is_grouped])
    for name in groups:
        if name in alone:
            raise UserError(f"groups.{name}: an input outside of the group is called {name!r}; rename the group")
    return replace(info, groups=tuple(group_of))
