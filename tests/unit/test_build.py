import pickle

import pytest
from omegaconf import OmegaConf

from spectral_exp.build import build, build_model
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.errors import UserError

MLP = "spectral_exp.model.spectral_mlp.SpectralMLP"
SIZES = {"in_features": 3, "out_features": 2}


def make(node, **values):
    return build(OmegaConf.create({"model": node}).model, "model", **values)


def test_nested_nodes_become_nested_objects():
    schedule = {"_target_": "spectral_exp.regularization.schedule.warmup.Warmup", "fraction": 0.5}
    penalty = make({"_target_": "spectral_exp.regularization.l1.L1", "strength": 2.0, "schedule": schedule})
    assert penalty.strength_at(0.25) == 1.0


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"_target_": MLP, "hidden_features": [3], "activaton": "relu"}, r"model\.activaton: unknown key.*activation"),
        ({"_target_": MLP, "hidden_features": [3.5]}, r"model\.hidden_features must be a list"),
        ({"_target_": MLP, "hidden_features": [3], "activation": "rleu"}, r"model\.activation must be one of relu"),
        ({"_target_": MLP, "hidden_features": [3], "dropout": 2}, r"dropout must be at least 0"),
        ({"_target_": MLP, "hidden_features": "???"}, r"model\.hidden_features: a value is needed"),
        ({"_target_": MLP}, r"model\.hidden_features: a value is needed"),
        ({"_target_": MLP, "hidden_features": [3], "in_features": 5}, r"model\.in_features: the program sets it"),
        ({"_target_": MLP + "x"}, r"there is no spectral_exp"),
        ({"_target_": "torch.nn.ReLU", "hidden_features": [3]}, r"add ~size"),
    ],
)
def test_what_cannot_work_is_refused_by_its_place(node, message):
    with pytest.raises(UserError, match=message):
        make(node, **SIZES)


@pytest.mark.parametrize(
    "target", ["os.system", "builtins.open", "torch.load", "spectral_exp.tracking.status.subprocess.run"]
)
def test_targets_outside_the_list_are_refused(target):
    with pytest.raises(UserError, match="_target_"):
        make({"_target_": target})


def test_a_name_that_an_allowed_module_merely_imported_is_refused():
    with pytest.raises(UserError, match="not a class or function of an allowed package"):
        make({"_target_": "spectral_exp.tracking.run_folder.Path"})


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


@pytest.mark.parametrize(
    "hide",
    [lambda node: [node], lambda node: [[node]], lambda node: {"_target_": "torch.nn.Sequential", "_args_": [node]}],
)
def test_a_target_hidden_in_a_list_is_found_before_anything_runs(tmp_path, hide):
    (tmp_path / "trap.pkl").write_bytes(pickle.dumps(Trap(str(tmp_path / "sprung"))))
    node = {"_target_": "pandas.read_pickle", "filepath_or_buffer": str(tmp_path / "trap.pkl")}
    with pytest.raises(UserError):
        make({"_target_": MLP, "hidden_features": hide(node)}, **SIZES)
    assert not (tmp_path / "sprung").exists()


def test_what_the_user_allows_outside_the_config_is_allowed(monkeypatch):
    monkeypatch.setenv("SPECTRAL_EXP_ALLOW", "fractions.")
    assert make({"_target_": "fractions.Fraction", "numerator": 1, "denominator": 2}) * 2 == 1


class Nameless:
    """Takes the sizes of a model, and has no `input_layer`."""

    def __init__(self, in_features, out_features):
        self.sizes = in_features, out_features


def test_a_model_that_does_not_say_which_layer_takes_the_inputs_is_refused(monkeypatch):
    monkeypatch.setenv("SPECTRAL_EXP_ALLOW", __name__)
    info = DatasetInfo("toy", "classification", ("a", "b"), shape=(2,), class_names=("no", "yes"))
    with pytest.raises(UserError, match="model: Nameless has no input_layer; name the layer"):
        build_model(OmegaConf.create({"_target_": f"{__name__}.Nameless"}), info)
