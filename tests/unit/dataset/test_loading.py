import logging
import warnings

import pytest
import pytorch_lightning as pl
import torch

from spectral_exp.dataset.data import Data, Part
from spectral_exp.dataset.info import DatasetInfo
from spectral_exp.dataset.loading import DataModule, TensorLoader, batch_starts
from spectral_exp.errors import UserError

# Lightning asks torch in a way that torch's newest release warns of; it has nothing to do with loaders.
NOISE = ".*LeafSpec.*"
pytestmark = pytest.mark.filterwarnings(f"ignore:{NOISE}:FutureWarning")


def part(n_rows, n_features=3):
    """Row i holds i in every input and i as its target."""
    rows = torch.arange(n_rows)
    return Part(rows[:, None].expand(n_rows, n_features).float().clone(), rows)


def handed_out(loader):
    return [targets.tolist() for _, targets in loader]


def joined(batches):
    return [row for batch in batches for row in batch]


def test_unshuffled_batches_follow_the_stored_order_and_keep_the_last():
    loader = TensorLoader(part(8), 3)
    assert handed_out(loader) == [[0, 1, 2], [3, 4, 5], [6, 7]]
    assert len(loader) == 3


def test_inputs_and_targets_stay_together():
    for inputs, targets in TensorLoader(part(50), 8, shuffle=True, seed=5):
        assert torch.equal(inputs, targets[:, None].expand(-1, 3).float())


def test_every_epoch_holds_every_row_once_in_an_order_of_seed_and_epoch_alone():
    loader = TensorLoader(part(100), 16, shuffle=True, seed=3)
    orders = []
    for epoch in (0, 1, 2, 1):
        loader.set_epoch(epoch)
        torch.rand(epoch + 1)  # other random numbers drawn meanwhile change nothing
        orders.append(joined(handed_out(loader)))
    assert all(sorted(order) == list(range(100)) for order in orders)
    assert orders[1] == orders[3]
    assert orders[0] != orders[1] != orders[2]
    other = TensorLoader(part(100), 16, shuffle=True, seed=4)
    assert joined(handed_out(other)) != orders[0]


def test_shuffling_leaves_the_global_random_state_alone():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    handed_out(TensorLoader(part(10), 3, shuffle=True))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("n_rows", "batch_size", "sizes"),
    [(7, 3, [3, 4]), (6, 3, [3, 3]), (8, 3, [3, 3, 2]), (1, 3, [1]), (2, 300, [2]), (3, 1, [1, 1, 1])],
)
def test_a_last_batch_of_one_row_joins_the_one_before(n_rows, batch_size, sizes):
    loader = TensorLoader(part(n_rows), batch_size, shuffle=True)
    assert [len(batch) for batch in handed_out(loader)] == sizes
    assert len(loader) == len(sizes)


@pytest.mark.parametrize("n_rows", [16, 17, 18, 19, 20, 21, 22, 23])
@pytest.mark.parametrize("n_ranks", [2, 3])
@pytest.mark.parametrize("shuffle", [True, False])
def test_ranks_share_every_batch_and_have_equally_many(n_rows, n_ranks, shuffle):
    alone = handed_out(TensorLoader(part(n_rows), 6, shuffle, seed=1))
    shares = [
        handed_out(TensorLoader(part(n_rows), 6, shuffle, seed=1, rank=rank, n_ranks=n_ranks))
        for rank in range(n_ranks)
    ]
    assert len({len(share) for share in shares}) == 1
    steps = list(zip(*shares, strict=True))
    assert sorted(row for step in steps for share in step for row in share) == list(range(n_rows))
    assert all(max(map(len, step)) - min(map(len, step)) <= 1 for step in steps)
    assert all(len(share) >= 2 for step in steps for share in step)  # batch normalisation needs two
    assert len(steps) >= len(alone) - 1
    for step, whole in zip(steps[:-1], alone, strict=False):
        assert sorted(joined(step)) == sorted(whole)


def test_means_over_shares_weigh_as_their_rows():
    shares = [TensorLoader(part(7), 7, rank=rank, n_ranks=3) for rank in range(3)]
    weights = [loader.weight_of_share(0) for loader in shares]
    means = [next(iter(loader))[1].float().mean() for loader in shares]
    assert sum(weights) / 3 == pytest.approx(1.0)
    assert sum(weight * mean for weight, mean in zip(weights, means, strict=True)) / 3 == pytest.approx(3.0)
    assert TensorLoader(part(7), 7).weight_of_share(0) == 1.0


def test_inputs_can_be_narrowed_between_two_epochs():
    loader = TensorLoader(Part(torch.arange(12.0).reshape(4, 3), torch.arange(4)), 2)
    loader.keep_features(torch.tensor([2, 0]))
    assert [inputs.tolist() for inputs, _ in loader] == [[[2, 0], [5, 3]], [[8, 6], [11, 9]]]
    loader.keep_features(torch.tensor([1]))
    assert next(iter(loader))[0].tolist() == [[0], [3]]


def test_too_small_batches_and_too_few_rows_are_refused():
    with pytest.raises(ValueError, match="batch_size must be at least 1"):
        TensorLoader(part(4), 0)
    with pytest.raises(ValueError, match=r"number of devices \(4\), got 2"):
        TensorLoader(part(8), 2, n_ranks=4)
    with pytest.raises(ValueError, match="3 rows cannot be dealt to 4 devices"):
        TensorLoader(part(3), 4, n_ranks=4)


def test_batch_starts_merge_only_a_last_batch_that_is_too_small():
    assert batch_starts(10, 4, smallest=2) == [0, 4, 8]
    assert batch_starts(10, 4, smallest=3) == [0, 4]
    assert batch_starts(2, 4, smallest=4) == [0]


class Listener(pl.LightningModule):
    """Notes what it is handed."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.train_rows, self.other_rows = {}, {"val": [], "test": []}

    def training_step(self, batch, batch_idx):
        self.train_rows.setdefault(self.current_epoch, []).append(batch[1].tolist())
        return self.weight * 1.0

    def validation_step(self, batch, batch_idx):
        self.other_rows["val"] += batch[1].tolist()

    def test_step(self, batch, batch_idx):
        self.other_rows["test"] += batch[1].tolist()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def data(n_train=20, n_val=5, n_test=6):
    info = DatasetInfo("d", "regression", ("a", "b", "c"), (3,))
    return Data(info, part(n_train), part(n_val), part(n_test))


@pytest.fixture
def trainer(tmp_path):
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)

    def make(**options):
        quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
        options = {"enable_checkpointing": False, "num_sanity_val_steps": 0} | options
        return pl.Trainer(accelerator="cpu", devices=1, default_root_dir=tmp_path, **quiet, **options)

    return make


def test_lightning_takes_the_loaders_as_they_are_without_a_warning(trainer):
    module, loaders = Listener(), DataModule(data(), batch_size=8, seed=7, evaluation_batch_size=4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", NOISE, FutureWarning)
        fitting = trainer(max_epochs=2)
        fitting.fit(module, loaders)
        assert isinstance(fitting.train_dataloader, TensorLoader)
        fitting.test(module, loaders, verbose=False)
    assert module.other_rows == {"val": list(range(5)) * 2, "test": list(range(6))}
    expected = TensorLoader(part(20), 8, shuffle=True, seed=7)
    for epoch in range(2):
        expected.set_epoch(epoch)
        assert module.train_rows[epoch] == handed_out(expected)


def test_a_resumed_run_sees_the_orders_that_an_undisturbed_one_would(trainer, tmp_path):
    straight, first, second = Listener(), Listener(), Listener()
    trainer(max_epochs=4).fit(straight, DataModule(data(), 8, seed=1))
    stopped = trainer(max_epochs=2)
    stopped.fit(first, DataModule(data(), 8, seed=1))
    stopped.save_checkpoint(tmp_path / "last.ckpt")
    resumed = trainer(max_epochs=4)
    resumed.fit(second, DataModule(data(), 8, seed=1), ckpt_path=tmp_path / "last.ckpt", weights_only=True)
    assert first.train_rows | second.train_rows == straight.train_rows
    assert set(second.train_rows) == {2, 3}


def test_a_batch_larger_than_the_data_is_one_step(trainer):
    module = Listener()
    trainer(max_epochs=1).fit(module, DataModule(data(), batch_size=1000))
    assert [len(batch) for batch in module.train_rows[0]] == [20]


def test_the_data_module_refuses_batch_sizes_below_1_and_to_work_without_a_trainer():
    with pytest.raises(ValueError, match="batch_size must be at least 1, got 0"):
        DataModule(data(), 0)
    with pytest.raises(RuntimeError, match="not attached to a trainer"):
        DataModule(data(), 4).train_dataloader()


def test_too_many_devices_are_the_users_error(monkeypatch):
    class Strategy:
        root_device = "cpu"

    class Trainer:
        strategy, global_rank, world_size = Strategy, 0, 8

    loaders = DataModule(data(n_val=5), 8)
    loaders.trainer = Trainer()
    with pytest.raises(UserError, match="5 rows cannot be dealt to 8 devices"):
        loaders.val_dataloader()
