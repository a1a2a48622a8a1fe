import pytest
import torch
from torch import nn

from spectral_exp.layer.basis_function.identity import Identity
from spectral_exp.layer.basis_function.square import Square
from spectral_exp.layer.spectral_gate import SpectralGate
from spectral_exp.layer.spectral_linear import SpectralLinear
from spectral_exp.regularization.path import Path
from spectral_exp.regularization.schedule.constant import Constant


def path(**options):
    return Path(0.01, Constant(), **options)


def test_counts_fall_geometrically_from_all_to_the_final_number():
    counts = [path(n_final=50).n_kept_at(p / 100, 784) for p in range(101)]
    assert counts[0] == counts[10] == 784 and counts[90] == counts[100] == 50
    assert counts == sorted(counts, reverse=True)
    assert counts[50] == pytest.approx((784 * 50) ** 0.5, abs=1)


def test_fewer_inputs_than_the_final_number_all_stay():
    assert path(n_final=50).n_kept_at(1.0, 20) == 20


def trained(gauge, optimizer_class, **options):
    """A layer that has taken a few steps, so that its optimizer has a state."""
    torch.manual_seed(0)
    layer = SpectralLinear(40, 6, gauge=gauge)
    optimizer = optimizer_class(layer.parameters(), lr=1e-2, **options)
    for _ in range(3):
        optimizer.zero_grad()
        layer(torch.randn(16, 40)).square().mean().backward()
        optimizer.step()
    return layer, optimizer


@pytest.mark.parametrize("gauge", ["free", "unit"])
def test_the_least_relevant_inputs_leave(gauge):
    layer, optimizer = trained(gauge, torch.optim.Adam)
    expected = set(layer.ranking()[:10].tolist())
    path(n_final=10).after_step(layer, optimizer, 1.0, 7, None)
    assert set(layer.mask.nonzero().squeeze(1).tolist()) == expected
    assert (layer.dropped_at[~layer.mask] == 7).all()


def test_input_scale_decides_who_leaves():
    layer, optimizer = trained("free", torch.optim.Adam)
    scale = torch.zeros(40)
    scale[[3, 5]] = 1.0
    path(n_final=2).after_step(layer, optimizer, 1.0, 7, scale)
    assert layer.mask.nonzero().squeeze(1).tolist() == [3, 5]


@pytest.mark.parametrize(("shape", "axes"), [((3, 12, 12), (1, 2)), ((2, 8, 8), None), ((3, 100), (1,))])
def test_where_neighbours_fill_gaps_inputs_leave_as_if_one_by_one(shape, axes):
    torch.manual_seed(0)
    gate, one_by_one = (SpectralGate(shape, axes, gauge="unit", fill="neighbours") for _ in range(2))
    scale = torch.rand(gate.in_features) + 1
    with torch.no_grad():
        gate.eigenvalues.copy_(1 + 0.1 * torch.randn(gate.in_features))
        one_by_one.eigenvalues.copy_(gate.eigenvalues)
    n_final = gate.in_features // 2
    together = gate.ranking(scale)[n_final:]
    while one_by_one.n_kept > n_final:
        least = one_by_one.relevance(scale).masked_fill(~one_by_one.mask, torch.inf).argmin()
        one_by_one.drop(torch.arange(gate.in_features) == least)
    optimizer = torch.optim.Adam(gate.parameters())
    path(n_final=n_final).after_step(gate, optimizer, 1.0, 7, scale)
    assert int((gate.mask != one_by_one.mask).sum()) <= 0.1 * gate.in_features < int(one_by_one.mask[together].sum())
    assert set(gate.dropped_at.tolist()) == {-1, 7}


@pytest.mark.parametrize(
    ("optimizer_class", "options"),
    [(torch.optim.Adam, {}), (torch.optim.Adam, {"fused": True}), (torch.optim.SGD, {"momentum": 0.9})],
)
def test_what_is_left_trains_on_as_if_it_had_always_been_alone(optimizer_class, options):
    layer, optimizer = trained("free", optimizer_class, **options)
    before = {
        name: {key: value.clone() for key, value in optimizer.state[parameter].items() if torch.is_tensor(value)}
        for name, parameter in layer.named_parameters()
    }
    path(n_final=10).after_step(layer, optimizer, 1.0, 7, None)
    kept = layer.mask
    for name, parameter in layer.named_parameters():
        for key, value in before[name].items():
            expected = value[..., kept] if value.shape[-1:] == (40,) else value
            assert torch.equal(optimizer.state[parameter][key], expected)
    rows = torch.randn(8, 40)
    layer(rows).square().mean().backward()
    optimizer.step()
    assert layer.eigenvalues.shape == (10,) and torch.isfinite(layer(rows)).all()


def test_a_few_inputs_wait_until_a_copy_is_worth_it_but_the_end_is_exact():
    layer, optimizer = trained("free", torch.optim.Adam)
    removal = path(n_final=10, start=0.0, end=1.0)
    progress_of_39 = next(p / 1000 for p in range(1000) if removal.n_kept_at(p / 1000, 40) == 39)
    removal.after_step(layer, optimizer, progress_of_39, 1, None)
    assert layer.mask.sum() == 40
    removal.after_step(layer, optimizer, 1.0, 2, None)
    assert layer.mask.sum() == 10


def test_an_interaction_survives_on_the_way_from_dense_to_sparse():
    torch.manual_seed(0)
    inputs = torch.randn(600, 20)
    targets = (inputs[:, 4] * inputs[:, 11] > 0).long()
    layer = SpectralLinear(20, 32)
    model = nn.Sequential(layer, nn.ReLU(), nn.Linear(32, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    removal = path(n_final=2)
    for step in range(400):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs), targets) + removal.penalty(layer, step / 400)
        loss.backward()
        optimizer.step()
        removal.after_step(layer, optimizer, (step + 1) / 400, step + 1, None)
    assert set(layer.ranking()[:2].tolist()) == {4, 11}


@pytest.mark.parametrize("options", [{"n_final": 0}, {"start": 0.9, "end": 0.1}, {"end": 1.5}, {"start": -0.1}])
def test_values_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match="must be"):
        path(**options)


GROUPS = [0, 0, 0, 1, 1, 2, *range(3, 37)]  # {0, 1, 2}, {3, 4}, and 35 alone


def grouped(gauge, optimizer_class=torch.optim.Adam, basis=()):
    """A layer of groups that has taken a few steps; the first group is the most relevant."""
    torch.manual_seed(0)
    layer = SpectralLinear(40, 6, gauge=gauge, basis=basis)
    layer.share_eigenvalues(GROUPS)
    with torch.no_grad():
        layer.eigenvalues[0] = 30.0
    optimizer = optimizer_class(layer.parameters(), lr=1e-2)
    for _ in range(3):
        optimizer.zero_grad()
        layer(torch.randn(16, 40)).square().mean().backward()
        optimizer.step()
    return layer, optimizer


@pytest.mark.parametrize("basis", [(), (Identity(), Square())])
@pytest.mark.parametrize("gauge", ["free", "unit"])
def test_a_group_leaves_whole_and_the_count_never_falls_below_the_final_one(gauge, basis):
    for n_final in range(1, 12):
        layer, optimizer = grouped(gauge, basis=basis)
        order = layer.ranking().tolist()
        path(n_final=n_final).after_step(layer, optimizer, 1.0, 7, None)
        kept = layer.mask.nonzero().squeeze(1).tolist()
        assert sorted(order[: len(kept)]) == kept, "the most relevant stay"
        assert len({bool(layer.mask[j]) for j in (0, 1, 2)}) == len({bool(layer.mask[j]) for j in (3, 4)}) == 1
        assert n_final <= len(kept) <= n_final + 2
        rows = torch.randn(8, 40)
        layer(rows).square().mean().backward()
        optimizer.step()
        assert torch.isfinite(layer(rows)).all()
        path(n_final=n_final).after_step(layer, optimizer, 1.0, 8, None)
        left = layer.mask.nonzero().squeeze(1).tolist()  # fewer where the step has moved a group that was on the border
        assert n_final <= len(left) and set(left) <= set(kept)


def test_on_the_way_the_count_falls_short_by_less_than_a_group():
    removal = path(n_final=2, start=0.0, end=1.0)
    layer, optimizer = grouped("free")
    with torch.no_grad():  # the first group now leaves first
        layer.eigenvalues[0] = 1e-6
    progress = next(p / 1000 for p in range(1000) if removal.n_kept_at(p / 1000, 40) == 38)
    removal.after_step(layer, optimizer, progress, 1, None)
    assert layer.n_kept == 37 and (~layer.mask).nonzero().squeeze(1).tolist() == [0, 1, 2]


def test_the_state_of_the_optimizer_goes_on_with_groups_and_functions():
    layer, optimizer = grouped("unit", basis=(Identity(), Square()))
    state = {name: optimizer.state[p]["exp_avg"].clone() for name, p in layer.named_parameters()}
    path(n_final=10).after_step(layer, optimizer, 1.0, 7, None)
    numbers = torch.tensor(GROUPS)[layer.mask].unique()
    assert torch.equal(optimizer.state[layer.eigenvalues]["exp_avg"], state["eigenvalues"][numbers])
    expected = state["raw_eigenvectors"][:, layer.mask.repeat(2)]
    assert torch.equal(optimizer.state[layer.raw_eigenvectors]["exp_avg"], expected)


def test_inputs_that_are_always_kept_stay_with_their_group_and_count():
    layer, optimizer = grouped("free")
    with torch.no_grad():
        layer.eigenvalues[[1, 10]] = 1e-6
    mask = torch.zeros(40, dtype=torch.bool)
    mask[[3, 13]] = True
    layer.keep_always(mask)
    path(n_final=6).after_step(layer, optimizer, 1.0, 7, None)
    assert layer.n_kept == 6 and layer.mask[[0, 1, 2, 3, 4, 13]].all()
    path(n_final=1).after_step(layer, optimizer, 1.0, 8, None)
    assert layer.mask.nonzero().squeeze(1).tolist() == [3, 4, 13]
