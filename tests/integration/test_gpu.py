"""What a CUDA device has to give that a CPU gives: the ranking, exact zeros, repeated runs, mixed precision."""

import numpy as np
import pytest
import torch

from spectral_exp.cli.compose import compose_config
from spectral_exp.layer.spectral_conv import SpectralConv2d
from spectral_exp.layer.spectral_gate import SpectralGate
from spectral_exp.layer.spectral_linear import SpectralLinear
from spectral_exp.load import load_run
from spectral_exp.run import run

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
    pytest.mark.usefixtures("without_figures"),
]

PATH = (
    "experiment=quickstart",
    "trainer.max_epochs=12",
    "regularization=path",
    "regularization.n_final=8",
    "selection=nonzero",
)
CNN = (
    "dataset=digits",
    "model=spectral_cnn",
    "model.channels=[16,32]",
    "model.pooled_size=1",
    "model.gauge=unit",
    "size=linear",
    "selection=top_k",
    "selection.k=20",
    "trainer.max_epochs=8",
)
GROUP = ("experiment=quickstart", "regularization=group", "model.gauge=unit", "trainer.max_epochs=8")
LAYERS = {
    "linear": (lambda: SpectralLinear(64, 16, gauge="unit"), (32, 64)),
    "convolution": (lambda: SpectralConv2d(5, 8, 3, gauge="unit"), (4, 5, 9, 9)),
    "gate": (lambda: SpectralGate((3, 6, 6), axes=(1, 2)), (4, 3, 6, 6)),
}


@pytest.fixture
def done(tmp_path):
    """Run to the end on a device, and read what is left."""

    def done(name, *overrides):
        run(compose_config([*overrides]), tmp_path / name, [*overrides])
        return load_run(tmp_path / name)

    return done


@pytest.mark.parametrize("recipe", [PATH, CNN, GROUP], ids=["path", "cnn", "group"])
def test_the_ranking_is_that_of_the_cpu(done, recipe):
    on_cpu, on_gpu = (done(device, *recipe, f"trainer={device}") for device in ("cpu", "gpu"))
    first, second = (set(one.ranking.feature[:20]) for one in (on_cpu, on_gpu))
    assert len(first & second) >= 17
    assert abs(on_cpu.metrics["test/accuracy"] - on_gpu.metrics["test/accuracy"]) < 0.03


@pytest.mark.parametrize("recipe", [PATH, CNN], ids=["path", "cnn"])
def test_a_run_repeats_itself_bit_for_bit(done, recipe):
    first, again = (done(name, *recipe, "trainer=gpu") for name in ("first", "again"))
    np.testing.assert_array_equal(first.ranking.relevance, again.ranking.relevance)


def test_dropped_inputs_are_exactly_zero_and_the_model_does_not_look_at_them(done):
    found = done("path", *PATH, "trainer=gpu")
    assert found.mask.sum() == 8 and (found.trace.eigenvalues[~found.trace.mask] == 0).all()
    rows = torch.randn(5, 64)
    poisoned = torch.where(torch.from_numpy(found.mask), rows, float("nan"))
    assert torch.equal(found.model(poisoned), found.model(rows))


def test_mixed_precision_chooses_much_the_same_inputs(done):
    full, mixed = (done(f"{bits}", *PATH, "trainer=gpu", f"trainer.precision={bits}") for bits in ("32", "bf16-mixed"))
    assert len(set(full.ranking.feature[:20]) & set(mixed.ranking.feature[:20])) >= 16


@pytest.mark.parametrize("name", LAYERS)
def test_layers_compute_in_float32_under_autocast(name):
    torch.manual_seed(0)
    make, shape = LAYERS[name]
    layer, inputs = make().cuda(), torch.randn(shape, device="cuda")
    exact = layer(inputs)
    with torch.autocast("cuda", dtype=torch.bfloat16):
        outputs = layer(inputs)
    assert outputs.dtype == torch.bfloat16
    torch.testing.assert_close(outputs.float(), exact, rtol=2**-7, atol=1e-5)
    outputs.float().sum().backward()
    assert all(parameter.grad.dtype == torch.float32 for parameter in layer.parameters())
