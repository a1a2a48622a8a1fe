import re
from pathlib import Path

import pytest

from spectral_exp.cli.config_path import config_dir
from spectral_exp.cli.overrides import EXTRAS, check_overrides
from spectral_exp.errors import UserError

FILES = {
    "train.yaml": """
        defaults:
          - dataset: digits
          - regularization: l1
          - logger: csv
          - _self_
          - experiment: null
        seed: 0
        batch_size: 256
        resume: null
    """,
    "dataset/digits.yaml": "classes: null",
    "dataset/mnist.yaml": "classes: null\nn_train: null",
    "dataset/tabular.yaml": "path: ???  # the file to read\ntarget: ???",
    "regularization/l1.yaml": "defaults: [{schedule: warmup}]\nstrength: 1.0e-3",
    "regularization/none.yaml": "{}",
    "regularization/schedule/warmup.yaml": """
        _target_: spectral_exp.regularization.schedule.warmup.Warmup
    """,
    "regularization/schedule/linear.yaml": "start: 0.0",
    "dataset/augmentation/flip.yaml": "size: 1",
    "logger/csv.yaml": "csv:\n  _target_: spectral_exp.csv",
    "extra/thing.yaml": "a: 1",
    "experiment/quickstart.yaml": """
        # @package _global_
        defaults: [{override /dataset: mnist}]
        batch_size: 32
    """,
    "experiment/paper/mnist_01.yaml": "# @package _global_\ndefaults: [{override /regularization: none}]",
    "experiment/sweep.yaml": """
        # @package _global_
        hydra:
          mode: MULTIRUN
          sweeper:
            params:
              sead: 0,1
    """,
    "experiment/broken.yaml": "# @package _global_\ndefaults: [{override /dataset: mnits}]",
    "experiment/no_yaml.yaml": "a: [1\nb: 2",
}


def write_tree(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        lines = text.strip("\n").splitlines()
        indent = len(lines[0]) - len(lines[0].lstrip())
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("\n".join(line[indent:] for line in lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return write_tree(tmp_path_factory.mktemp("conf"), FILES)


def refusal(tree: Path, *argv: str) -> str:
    with pytest.raises(UserError) as caught:
        check_overrides(argv, str(tree), "train")
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["++seed=3", "dataset=mnist", "dataset.n_train=100", "~experiment"],
        ["experiment=quickstart", "dataset.n_train=100"],  # a key that is there only with this experiment
        ["experiment=paper/mnist_01"],
        ["dataset=tabular", "dataset.path=a.csv", "dataset.target=y"],
        ["dataset=tabular", "--cfg", "job"],  # nothing is missing for showing it
        ["regularization/schedule=linear", "regularization.schedule.start=0.5"],
        ["dataset={classes: [0, 1]}"],
        ["+regularization.schedule.fraction=0.2"],  # an argument of the target
        ["+logger.mine={_target_: spectral_exp.mine}"],
        ["+logger.mine._target_=spectral_exp.mine"],
        ["-m", "seed=0,1,2", "dataset=digits,mnist"],
        ["-m", "seed=range(0,1000)", "dataset=glob(*t*,exclude=tabular)"],
        ["hydra.mode=MULTIRUN", "seed=1,2"],
        ["hydra.run.dir=elsewhere", "+hydra.job.env_set.A=1"],
        ["+extra=thing"],
    ],
)
def test_what_is_valid_passes(tree, argv):
    check_overrides(argv, str(tree), "train")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        # groups and options
        (["datset=mnist"], "datset=mnist: unknown key datset; did you mean dataset?"),
        (["dataset=mnits"], r"no option mnits \(options: digits, mnist, tabular\); did you mean dataset=mnist\?"),
        (["experiment=mnist_01"], r"did you mean experiment=paper/mnist_01\?"),
        (["regularization/shedule=linear"], r"did you mean regularization/schedule\?"),
        (["regularization.schedule=linear"], "write regularization/schedule=linear"),
        (
            ["regularization=none", "regularization/schedule=linear"],
            "regularization=none has no regularization/schedule",
        ),
        (["extra=thing"], r"no extra is chosen in this configuration; to add it, write \+extra=thing"),
        (["+dataset=mnist"], "write dataset=mnist, without +"),
        (["experiment=null"], "write ~experiment"),
        (["~dataset=mnist"], "dataset=digits is chosen; write ~dataset"),
        (["datset@other=mnist"], r"no group datset; did you mean dataset\?"),
        (["experiment=broken"], r"'dataset/mnits' \(options: digits, mnist, tabular\); did you mean mnist\?"),
        (["experiment=no_yaml"], r"no_yaml\.yaml, line 2: not valid YAML"),
        (["hydra/launchr=basic"], r"did you mean hydra/launcher\?"),
        (["hydra/launcher=joblib"], r"hydra/launcher has no option joblib \(options: basic"),
        # keys
        (["sed=3"], r"unknown key sed; did you mean seed\?"),
        (["strength=1"], r"did you mean regularization.strength\?"),
        (["regularisation.strenght=1"], r"did you mean regularization.strength\?"),
        (["dataset.n_train=100"], "unknown key dataset.n_train; dataset has classes; it comes with dataset=mnist"),
        (["qqq=1"], "unknown key qqq; there are dataset, .*, seed, batch_size"),
        (["+sed=3"], r"unknown key sed; did you mean seed\?"),
        (["~sed"], r"unknown key sed; did you mean seed\?"),
        (["+qqq={a: 1}"], "unknown key qqq"),
        (["dataset={clases: [0]}"], r"unknown key dataset.clases; did you mean dataset.classes\?"),
        (["+dataset={clases: [0]}"], r"unknown key dataset.clases; did you mean dataset.classes\?"),
        (["regularization.schedule.fraction=0.2"], r"write \+regularization.schedule.fraction=0.2"),
        (["+regularization.schedule.fractoin=0.2"], r"did you mean regularization.schedule.fraction\?"),
        (["+logger.mine=3"], "unknown key logger.mine"),
        (["+seed=3"], "seed is there already; write seed=3"),
        (["regularization.schedule=3"], "holds several keys"),
        (["hydra.run.dirr=x"], r"did you mean hydra.run.dir or"),
        # missing values
        (["dataset=tabular"], r"dataset.path is needed \(the file to read\); add dataset.path=VALUE"),
        # types, where Hydra knows them
        (["hydra.job.num=abc"], "'abc' of type 'str' could not be converted to Integer"),
        (["hydra.mode=RUNN"], "Invalid value 'RUNN'"),
        # syntax
        (["resume=a=b"], "a value with '=' needs quotes; write 'resume=\"a=b\"'"),
        (["seed"], "write seed=VALUE, without spaces around '='"),
        (["mnist"], r"mnist: write KEY=VALUE; did you mean dataset=mnist\?"),
        (["dataset.classes=[1,2"], r"'\[' is not closed; write '\]' at the end"),
        (["dataset.classes=1]"], r"'\]' was not opened"),
        (["resume=runs (1)"], "parentheses needs quotes; write 'resume=\"runs \\(1\\)\"'"),
        (["resume=a#b"], "'#' needs quotes"),
        (["resume='a"], "a quote is not closed"),
        (["seed=1,"], "a value is missing after the last comma"),
        (["=3"], "a key is missing"),
        (["a key=3"], "'a key' is not a key"),
        # sweeps
        (["seed=0,1"], r"seed=0,1: add -m to sweep over the values, or write seed=\[0,1\] for a list"),
        (["seed=range(0,3)"], "add -m to sweep over the values"),
        (["-m", "dataset=digits,mnits"], "dataset=mnits: .* did you mean dataset=mnist"),
        (
            ["-m", "dataset=mnist,digits", "dataset.n_train=9"],
            r"dataset has classes; it comes with dataset=mnist \(in the sweep, with dataset=digits\)",
        ),
        (["-m", "dataset=glob(x*)"], "no value to sweep over"),
        (["-m", "seed=range(0,3,0)"], "must not be zero"),
        (["-m", "hydra/launcher=basic,other"], "Hydra's own settings cannot be swept"),
        (
            ["-m", "+hydra.sweeper.combined=[]", "dataset=mnist,digits", "regularization=l1,none,l1"],
            "paired must be equally many: dataset has 2, regularization has 3",
        ),
        (["experiment=sweep"], "sead=0,1: unknown key sead; did you mean seed"),
        # options
        (["--mutlirun", "seed=0,1"], r"--mutlirun: unknown option; did you mean --multirun\?"),
        (
            ["--experiment", "quickstart"],
            "--experiment: unknown option; a setting is written experiment=VALUE, no dashes",
        ),
        (["--seed=3"], "--seed=3: unknown option; a setting is written seed=VALUE, no dashes"),
        (["seed=1", "-m", "batch_size=1,2"], "batch_size=1,2: options such as -m go before or behind all overrides"),
        (["--config-dir", "nowhere"], "--config-dir nowhere: no such folder"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_not_is_refused_in_one_line_that_names_what_was_meant(tree, argv, message):
    found = refusal(tree, *argv)
    assert re.search(message, found) or message in found, found


def test_full_error_leaves_the_word_to_hydra(tree, monkeypatch):
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    check_overrides(["datset=mnist"], str(tree), "train")


@pytest.mark.parametrize("how", ["--config-dir", "hydra.searchpath"])
def test_a_users_own_options_are_valid_and_suggested(tree, tmp_path, how):
    own = write_tree(
        tmp_path / "own (1)", {"dataset/spectra.yaml": "lines: ???  # wavelengths in nm", "mine/a.yaml": "x: 1"}
    )
    joined = ["--config-dir", str(own)] if how == "--config-dir" else [f"hydra.searchpath=['file://{own}']"]
    check_overrides([*joined, "dataset=spectra", "dataset.lines=[5]", "+mine=a", "mine.x=2"], str(tree), "train")
    assert "did you mean dataset=spectra?" in refusal(tree, *joined, "dataset=spectr")
    assert "did you mean mine?" in refusal(tree, *joined, "mines=a")
    assert "dataset.lines is needed (wavelengths in nm)" in refusal(tree, *joined, "dataset=spectra")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["datset=mnist"], "did you mean dataset?"),
        (["model.activaton=relu"], "did you mean model.activation?"),
        (["trainer.max_steps=5"], "write +trainer.max_steps=5"),
        (["optimizer.learning_rate=1"], "unknown key optimizer.learning_rate; optimizer has lr"),
        (["dataset=tabular"], "dataset.path is needed"),
        (
            ["dataset=npz", "dataset.target=y"],
            "unknown key dataset.target; dataset has path, task",
        ),
        (["selection.k=10"], "selection has threshold, relative; it comes with selection=top_k"),
        (["-m", "hydra.launcher.njobs=3"], "did you mean hydra.launcher.n_jobs?"),
        (["-m", "sweep=seedz"], "did you mean sweep=seeds?"),
    ],
)
def test_the_shipped_configs_refuse(argv, message):
    assert message in refusal(Path(config_dir()), *argv)


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["+trainer.max_steps=5", "+optimizer.betas=[0.9,0.99]"],
        ["-m", "regularization=l1,l2_l2", "regularization.strength=1e-3,1e-2", "seed=range(0,3)"],
        ["-m", "sweep=zip", "size=tiny,large", "regularization/schedule=constant,cosine", "seed=0,1,2"],
        ["-m", "hydra/launcher=basic", "seed=0,1"],
        ["-m", "seed=0,1", "hydra.launcher.n_jobs=2", "hydra.launcher.fail_fast=true"],
    ],
)
def test_the_shipped_configs_accept(argv):
    check_overrides(argv, config_dir(), "train")


def test_a_table_in_the_place_of_a_setting_is_answered_with_the_command_that_reads_it(tree, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.csv").touch()
    reads_it = "write dataset=tabular dataset.path=own.csv dataset.target=COLUMN"
    assert refusal(tree, "own.csv") == f"own.csv is a file; {reads_it}"
    assert refusal(tree, "dataset=own.csv") == f"dataset=own.csv: the table is named by dataset.path; {reads_it}"
    assert "has no option other.csv (options: digits" in refusal(tree, "dataset=other.csv")


def test_an_option_that_comes_with_a_package_names_the_extra(tree, monkeypatch):
    monkeypatch.setitem(EXTRAS, "hydra/launcher=joblib", "many_jobs")
    assert refusal(tree, "hydra/launcher=joblib") == "hydra/launcher=joblib needs pip install 'spectral_exp[many_jobs]'"
