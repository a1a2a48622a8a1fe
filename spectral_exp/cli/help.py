"""What `spectral-train --help` and `spectral-compare --help` say.

Hydra's own help asks its search path about every group anew, which takes seconds with a tree like ours; this
reads the folders.
"""

import argparse
import os
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from spectral_exp.cli.config_path import USER_CONFIGS_VARIABLE, config_dir

WIDTH = 100

TEMPLATE = """\
spectral-train: which inputs matter, and how few suffice?
Trains a network whose first layer is spectral and leaves a run folder with a ranking of the inputs.

Quick start: digits that come with scikit-learn, no download
  spectral-train experiment=quickstart

Rank the inputs of your own table (CSV, Parquet or NPZ)
  spectral-train dataset=tabular dataset.path=table.csv dataset.target=label

Sweep: every combination, one folder each
  spectral-train -m seed=0,1,2 regularization.strength=1e-3,3e-3
  spectral-train members=32                                    32 seeds as one batch of networks

Go on after a stop       spectral-train resume=outputs/runs/NAME/DATE_TIME
with a sweep             spectral-train -m resume=outputs/sweeps/NAME/DATE_TIME
Look at a ranking        spectral-rank outputs/runs/NAME/DATE_TIME --top 20
Data sets, and fetching  spectral-data list;  spectral-data fetch mnist

Set any key with key=value, +key=value if the config does not list it (+trainer.accumulate_grad_batches=2).
Choose with group=option (of a folder: experiment=paper/mnist_01):
{groups}

  --cfg job          show every setting with the value it would have, do not train
  -m, --multirun     sweep over values separated by commas
  --config-dir DIR   search a folder of your own configs too; those in ${variable} replace ours
  --hydra-help       all other flags
  eval "$(spectral-train -sc install=bash)"   completion with the tab key (or zsh, fish)
"""

COMPARE_TEMPLATE = """\
spectral-compare: which method finds the inputs that matter?
Ranks the inputs by several methods on equal terms, retrains one fixed network on the first k of each ranking, and
leaves a folder with tables (results.csv, table.md), figures and all rankings.

  spectral-compare dataset=digits                                        three methods, three seeds
  spectral-compare dataset=mnist attribution=[spectral_path,shap_deep,lrp] k=[10,50] seeds=5
  spectral-compare dataset=tabular dataset.path=table.csv dataset.target=label

All nets share data, architecture, budget and seeds, which are set as for spectral-train: model.hidden_features=[256],
trainer.max_epochs=30, experiment=NAME. A method that fails, or needs more than time_limit=600 seconds for one ranking,
says so in its row. Other methods than ours need  pip install 'spectral_exp[compare]'

Go on after a stop       spectral-compare resume=outputs/comparisons/NAME/DATE_TIME
add methods, k or seeds  spectral-compare resume=FOLDER attribution=[...] k=[...] seeds=[...]; what is there is kept
Settings of a method     spectral-compare attribution=[lrp] attribution.lrp.n_rows=500

Methods
{methods}

Other groups, chosen as for spectral-train
{groups}

  --cfg job          show every setting with the value it would have, compute nothing
  --config-dir DIR   search a folder of your own configs too; those in ${variable} replace ours
"""

METHODS = "attribution"  # a group of spectral-compare's alone


def help_text(argv: Sequence[str], template: str = TEMPLATE) -> str:
    """Teach the main uses, and list the groups and their options, the user's own included.

    Args:
        argv: the arguments behind the program's name.
        template: what to fill in.

    Returns:
        Text for the terminal.
    """
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--config-dir", "-cd")
    folders = [config_dir(), os.environ.get(USER_CONFIGS_VARIABLE), parser.parse_known_args(argv)[0].config_dir]
    options = _options(Path(folder) for folder in folders if folder)
    methods = _listed({"": options.pop(METHODS, set())})
    return template.format(groups=_listed(options), methods=methods, variable=USER_CONFIGS_VARIABLE)


def _options(folders: Iterable[Path]) -> dict[str, set[str]]:
    options: defaultdict[str, set[str]] = defaultdict(set)
    for folder in folders:
        for file in folder.rglob("*.yaml"):
            group = file.parent.relative_to(folder).as_posix()
            if group != "." and group.split("/")[0] != "hydra":
                options[group].add(file.stem)
    return options


def _listed(options: Mapping[str, set[str]]) -> str:
    column = max(map(len, options)) + 4
    return "\n".join(
        textwrap.fill(
            ", ".join(sorted(options[group])),
            WIDTH,
            initial_indent=f"  {group}".ljust(column),
            subsequent_indent=" " * column,
        )
        for group in sorted(options)
    )
