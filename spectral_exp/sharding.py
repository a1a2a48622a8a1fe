"""Large heads: every device keeps a share of the parameters, all but those of the input layer (PyTorch's FSDP2)."""

import copy

from pytorch_lightning.strategies import ModelParallelStrategy
from torch import nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import fully_shard


class ShardedStrategy(ModelParallelStrategy):
    """Share the parameters out over all devices of all nodes; a checkpoint is one file with the whole of them."""

    def __init__(self) -> None:
        super().__init__(save_distributed_checkpoint=False)

    def setup_environment(self) -> None:
        # Lightning would need the number of devices in the configuration, where it may be `auto`.
        self._data_parallel_size, self._tensor_parallel_size = self.num_nodes * self.num_processes, 1
        super().setup_environment()


def shard_head(model: nn.Module, input_layer: nn.Module, mesh: DeviceMesh) -> nn.Module:
    """Leave every device its share of each layer behind the input layer, in place.

    The eigenvalues are looked at between steps, by every rank and in full, so the input layer stays as it is.

    Args:
        model: the model.
        input_layer: its first layer.
        mesh: the devices.

    Returns:
        A whole copy of the model as it was, for `gather`.
    """
    whole = copy.deepcopy(model)
    of_input = set(input_layer.modules())
    for module in model.modules():
        if module not in of_input and any(True for _ in module.parameters(recurse=False)):
            fully_shard(module, mesh=mesh["data_parallel"])
    return whole


def gather(model: nn.Module, whole: nn.Module) -> nn.Module:
    """Put a model together on every rank.

    Args:
        model: what `shard_head` has shared out.
        whole: the copy that it gave.

    Returns:
        The copy, with the model's parameters and buffers.
    """
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict  # takes .2 s

    whole.load_state_dict(get_model_state_dict(model, options=StateDictOptions(full_state_dict=True)))
    return whole
