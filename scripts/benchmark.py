"""Every table of docs/benchmarks.md, from comparisons that are cached: it can be stopped, and goes on.

    python scripts/benchmark.py --suite quick             small comparisons that show that all works
    python scripts/benchmark.py --suite full              three seeds or six folds, all methods; hours on one thread
    python scripts/benchmark.py --suite full --only mnist_protocol_k --tables   write the page from what is there

A row of ROWS is one `spectral-compare` command; its folder is OUT/SUITE/NAME. The page says for every table with which
command it was made, and what was not run.
"""

import argparse
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from statistics import mean

from spectral_exp.report.comparison import OURS, Comparison
from spectral_exp.report.comparison_table import columns, headline, write_table
from spectral_exp.tracking.comparison_folder import COMPARISON

FILTERS = ("random", "f_test", "l1_logistic", "random_forest", "lightgbm_gain")
OF_A_NET = (
    "saliency",
    "input_x_gradient",
    "integrated_gradients",
    "deep_lift",
    "lrp",
    "zennit_lrp",
    "shap_gradient",
    "shap_deep",
    "permutation",
)
K_METHODS = (
    "spectral_path",
    "spectral_path_3",
    "spectral_path_50",
    "spectral",
    "dense_norm",
    *FILTERS,
    *OF_A_NET,
    "lassonet",
)
# captum's LRP has no rule for the activation `vee` of the recipe, which all nets share; zennit's has.
TRUTH_METHODS = (
    *("spectral_path", "spectral_path_3", "spectral", "dense_norm"),
    *FILTERS,
    *("saliency", "deep_lift", "zennit_lrp", "shap_gradient", "permutation"),
)


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        name: of its folder.
        title: of its table.
        overrides: what it is about.
        methods: what is compared.
        k: how many inputs the judge is trained on.
        seeds: of data, methods and judge; or folds.
        n_seeds_quick: how many of them are in the quick suite; none leaves the row out.
        is_folded: whether the page shows the table on request only.
    """

    name: str
    title: str
    overrides: tuple[str, ...]
    methods: tuple[str, ...]
    k: tuple[int, ...]
    seeds: tuple[int, ...] = (0, 1, 2)
    n_seeds_quick: int = 1
    is_folded: bool = False


def ring_xor(family: str, n_features: int, n_relevant: int, n_seeds_quick: int = 0) -> Row:
    """One family of Protocol G; every seed is a fold."""
    about = ("experiment=ring_xor", "dataset=ring_xor_fold", f"dataset.family={family}")
    return Row(
        f"{family}_{n_features}",
        f"Protocol G: {family}, {n_features} inputs, {n_relevant} decide",
        (*about, f"dataset.n_features={n_features}"),
        TRUTH_METHODS,
        (n_relevant,),
        seeds=tuple(range(6)),
        n_seeds_quick=n_seeds_quick,
        is_folded=True,
    )


def noisy(name: str, title: str, *overrides: str, n_seeds_quick: int = 0) -> Row:
    """A drawn set in which it is known which inputs matter; every seed is a new draw."""
    about = ("experiment=all_relevant", *overrides, "dataset.scaling=standard")
    return Row(name, title, about, TRUTH_METHODS, (10,), n_seeds_quick=n_seeds_quick)


def real(name: str, title: str, *overrides: str, n_epochs: int, k: tuple[int, ...]) -> Row:
    """A real set, all nets by the recipe of Protocol K, in as many steps, 1000; every seed is a new split."""
    about = ("experiment=protocol_k", *overrides, f"trainer.max_epochs={n_epochs}")
    return Row(name, title, about, K_METHODS, k, n_seeds_quick=0)


def folds(name: str, title: str, *overrides: str, k: tuple[int, ...]) -> Row:
    """A real set of a few dozen rows, in about 1000 small steps; every seed is a fold of one cross-validation."""
    steps = ("batch_size=8", "trainer.max_epochs=160")
    about = ("experiment=protocol_k", *overrides, *steps, "dataset.fold=${seed}", "dataset.seed=0")
    return Row(name, title, about, K_METHODS, k, seeds=(1, 2, 3, 4, 5), n_seeds_quick=0)


SIZES = (32, 128, 512, 2048)
FAMILIES = {"ring": 2, "xor": 2, "ring_xor": 4, "ring_xor_sum": 6}
ROWS = [
    *(
        Row(
            f"{name}_protocol_k",
            f"Protocol K: {title}",
            ("experiment=protocol_k", f"dataset={name}_protocol_k"),
            K_METHODS,
            (10, 25, 50, 100),
        )
        for name, title in (("mnist", "MNIST"), ("fashion_mnist", "Fashion-MNIST"))
    ),
    *(ring_xor(family, size, n, n_seeds_quick=int(size == 32)) for size in SIZES for family, n in FAMILIES.items()),
    noisy("gaussian_mixed", "Means, pairs and noisy copies, 200 inputs", "dataset=gaussian_mixed", n_seeds_quick=1),
    noisy(
        "gaussian_correlated",
        "Gaussian pairs of the paper, 2000 rows, 200 inputs",
        "dataset=gaussian_correlated",
        "dataset.n_rows=2000",
        "dataset.n_features=200",
    ),
    noisy(
        "gaussian_pairs",
        "Three pairs that tell together only, 200 inputs",
        "dataset=gaussian_mixed",
        "dataset.n_independent=0",
        "dataset.n_copied=0",
        "dataset.n_paired=3",
    ),
    noisy("xor_additive", "XOR and additive effects", "dataset=xor_additive", n_seeds_quick=1),
    noisy(
        "madelon_like_small",
        "Madelon-like: a cube of 3 among 200 inputs",
        "dataset=madelon_like",
        "dataset.n_features=200",
        "dataset.n_informative=3",
        "dataset.n_redundant=0",
    ),
    noisy("madelon_like", "Madelon-like: 20 of 500 inputs", "dataset=madelon_like"),
    real("madelon", "Madelon, the challenge's", "dataset=madelon", n_epochs=150, k=(5, 10, 20)),
    real(
        "miles_types",
        "Spectral types of MILES",
        "dataset=stellar_miles",
        "dataset.target=type",
        n_epochs=350,
        k=(10, 30, 100),
    ),
    folds("nci60", "NCI60, five folds", "dataset=nci60", k=(10, 50, 100)),
    folds("khan", "Khan, five folds", "dataset=khan", k=(10, 50, 100)),
]
QUICK_METHODS = {
    "spectral_path",
    "spectral_path_3",
    "spectral_path_50",
    "random",
    "f_test",
    "random_forest",
    "saliency",
    "lrp",
}
TIME_LIMIT = "time_limit=900"


def methods_of(row: Row, suite: str) -> list[str]:
    """Choose the methods of a row: the quick suite has the cheap ones."""
    return [method for method in row.methods if suite == "full" or method in QUICK_METHODS]


def command(row: Row, suite: str) -> list[str]:
    """Write the overrides of a row's comparison."""
    k, seeds, more = row.k, row.seeds, [TIME_LIMIT]
    if suite == "quick":
        k, seeds, more = k[len(k) // 2 :][:1], seeds[: row.n_seeds_quick], ["judge_epochs=20"]
    numbers = [f"{name}=[{','.join(map(str, values))}]" for name, values in (("k", k), ("seeds", seeds))]
    return [*row.overrides, f"attribution=[{','.join(methods_of(row, suite))}]", *numbers, *more]


def compare(row: Row, suite: str, folder: Path) -> None:
    """Run what is missing of a row; what fails says so in its own table."""
    asked = [*command(row, suite), f"hydra.run.dir={folder}"]
    if (folder / COMPARISON).is_file():
        may_change = ("attribution=", "k=", "seeds=", "time_limit=")
        asked = [*(text for text in asked if text.startswith(may_change)), f"resume={folder}"]
    subprocess.run([sys.executable, "-m", "spectral_exp.cli.compare", *asked], check=False)


def section(row: Row, suite: str, folder: Path) -> str:
    """Write a row's part of the page from what its folder holds."""
    asked = f"    spectral-compare {shlex.join(command(row, suite))}"
    comparison = Comparison(folder)
    said = f"{headline(comparison)} Seeds {comparison.seeds}, k = {comparison.k}. {machine(comparison)}"
    missing = [method for method in methods_of(row, suite) if method not in comparison.methods]
    if missing:
        said += f" Not run: {', '.join(missing)}."
    if suite == "full" and len(comparison.seeds) < len(row.seeds):
        said += f" Of {len(row.seeds)} seeds {len(comparison.seeds)} were run."
    table = write_table(comparison, columns(comparison, with_early=True))
    if row.is_folded:
        parts = [f"<details><summary>{row.title}</summary>", asked, said, table, "</details>"]
    else:
        parts = [f"### {row.title}", asked, said, table]
    return "\n\n".join(parts) + "\n"


def machine(comparison: Comparison) -> str:
    """Say on what a table was computed."""
    told = [
        f"{one['hardware']['processor']}, {one['hardware']['n_cores']} cores, PyTorch {one['versions']['torch']}"
        for one in comparison.machines
    ]
    return f"{'; '.join(told)}."


def overview(folder: Path) -> list[str]:
    """Average over what is known to matter: the families and sizes of Protocol G, and the noisy sets."""
    families = {f"{family}_{size}": (family, f"m = {size}") for size in SIZES for family in FAMILIES}
    noisy_sets = {row.name: (row.name,) for row in ROWS if "experiment=all_relevant" in row.overrides}
    return [
        means(
            folder,
            families,
            "truth_best_k",
            "Protocol G: share of the k inputs that decide among the first k",
            "Means over folds, and over the sizes (families) or the families (m inputs)",
        ),
        means(
            folder,
            noisy_sets,
            "truth_average_precision",
            "Noisy sets: average precision of the inputs that matter",
            "Means over seeds",
        ),
    ]


def means(folder: Path, columns_of: dict[str, tuple[str, ...]], measure: str, title: str, said: str) -> str:
    """Write a table of means over comparisons; every comparison counts in its columns and in the last, `mean`."""
    found = {name: Comparison(folder / name) for name in columns_of if (folder / name / COMPARISON).is_file()}
    heads = list(dict.fromkeys(head for place in zip(*columns_of.values(), strict=True) for head in place))
    groups = {head: [name for name in found if head in (*columns_of[name], "mean")] for head in (*heads, "mean")}
    groups = {head: names for head, names in groups.items() if names}
    if not groups:
        return ""
    lines = [f"| method | {' | '.join(groups)} |", "| --- |" + " ---: |" * len(groups)]
    methods = dict.fromkeys(method for comparison in found.values() for method in comparison.methods)
    values = {
        method: {name: comparison.estimate(method, measure).mean for name, comparison in found.items()}
        for method in methods
    }
    rows = {method: [mean(of[name] for name in names) for names in groups.values()] for method, of in values.items()}
    for method in sorted(methods, key=lambda method: (isnan(rows[method][-1]), -rows[method][-1])):
        name = f"**{method}**" if method.startswith(OURS) else method
        lines.append(f"| {name} | {' | '.join('' if isnan(value) else f'{value:.3f}' for value in rows[method])} |")
    return "\n\n".join([f"### {title}", f"{said}; empty where a method was not run.", "\n".join(lines)]) + "\n"


def write_page(page: Path, suite: str, text: str) -> None:
    """Replace what stands between the marks of a suite."""
    start, end = f"<!-- {suite}: written by scripts/benchmark.py -->", f"<!-- end of {suite} -->"
    before, _, rest = page.read_text(encoding="utf-8").partition(start)
    if not rest:
        raise SystemExit(f"{page}: there is no {start}")
    page.write_text(f"{before}{start}\n\n{text}\n{end}{rest.partition(end)[2]}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", choices=("quick", "full"), default="quick")
    parser.add_argument(
        "--only", nargs="+", metavar="ROW", choices=[row.name for row in ROWS], help="default: all rows"
    )
    parser.add_argument("--tables", action="store_true", help="compute nothing, write what is there")
    parser.add_argument("--out", type=Path, default=Path("outputs/benchmark"), help="where the comparisons are kept")
    parser.add_argument("--jobs", type=int, default=2, help="comparisons at a time, one thread each")
    parser.add_argument("--page", type=Path, default=Path("docs/benchmarks.md"))
    arguments = parser.parse_args()
    folder = (arguments.out / arguments.suite).resolve()
    rows = [row for row in ROWS if arguments.suite == "full" or row.n_seeds_quick]
    asked = [row for row in rows if not arguments.tables and row.name in (arguments.only or [row.name])]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(lambda row: compare(row, arguments.suite, folder / row.name), asked))

    def is_begun(row: Row) -> bool:
        return (folder / row.name / COMPARISON).is_file()

    done = [section(row, arguments.suite, folder / row.name) for row in rows if is_begun(row)]
    not_run = [row.title for row in rows if not is_begun(row)]
    text = "\n".join([*overview(folder), *done])
    if not_run:
        text += f"\nNot run yet: {'; '.join(not_run)}.\n"
    write_page(arguments.page, arguments.suite, text)


if __name__ == "__main__":
    main()
