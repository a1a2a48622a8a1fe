"""What scripts/benchmark.py compares: one row is one `spectral-compare` command."""

from dataclasses import dataclass

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
        measure: what means over rows are of; None for the judge's score with the middle k.
    """

    name: str
    title: str
    overrides: tuple[str, ...]
    methods: tuple[str, ...]
    k: tuple[int, ...]
    seeds: tuple[int, ...] = (0, 1, 2)
    n_seeds_quick: int = 1
    is_folded: bool = False
    measure: str | None = None


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
        measure="truth_best_k",
    )


def noisy(name: str, title: str, *overrides: str, n_seeds_quick: int = 0) -> Row:
    """A drawn set in which it is known which inputs matter; every seed is a new draw."""
    about = ("experiment=all_relevant", *overrides, "dataset.scaling=standard")
    return Row(name, title, about, TRUTH_METHODS, (10,), n_seeds_quick=n_seeds_quick, measure="truth_average_precision")


def real(name: str, title: str, *overrides: str, k: tuple[int, ...], seeds: tuple[int, ...] = (0, 1, 2)) -> Row:
    """A real set, all nets by the recipe of Protocol K in about 1000 steps; every seed is a new split, or a fold."""
    return Row(name, title, ("experiment=protocol_k", *overrides), K_METHODS, k, seeds=seeds, n_seeds_quick=0)


FOLD, FOLDS = ("dataset.fold=${seed}", "dataset.seed=0"), (1, 2, 3, 4, 5)
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
    real("madelon", "Madelon, the challenge's", "dataset=madelon", "trainer.max_epochs=150", k=(5, 10, 20)),
    real(
        "miles_types",
        "Spectral types of MILES, five folds",
        *("dataset=stellar_miles", "dataset.target=type", "trainer.max_epochs=350", *FOLD),
        k=(10, 20, 50),
        seeds=FOLDS,
    ),
    *(
        Row(
            name,
            f"{title}, five folds",
            ("experiment=few_rows", f"dataset={name}", *FOLD),
            K_METHODS,
            (10, 50, 100),
            seeds=FOLDS,
            n_seeds_quick=0,
        )
        for name, title in (("nci60", "NCI60"), ("khan", "Khan"))
    ),
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
