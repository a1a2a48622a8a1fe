"""What one input is: a number of a row, a position, a channel, or an activation of the model."""

from dataclasses import replace

from spectral_exp.dataset.feature_names import pixel_names, position_names
from spectral_exp.dataset.info import DatasetInfo, Unit


def describe_units(info: DatasetInfo, unit: Unit, n_activations: int = 0) -> DatasetInfo:
    """Describe a data set by the inputs that a model has eigenvalues for.

    Args:
        info: the description by single values.
        unit: what one input of the model is.
        n_activations: how many there are, if they are activations.

    Returns:
        The description of the same rows, with one name per input.

    Raises:
        ValueError: if there is one such input only.
    """
    if unit == "value" or (unit == "position" and info.channel_names is None):
        return info
    positions = info.channels_first[1:]
    if unit == "channel":
        names = info.channel_names or ()
    elif unit == "activation":
        names = tuple(f"activation_{number}" for number in range(n_activations))
    else:
        names = pixel_names(*positions) if len(positions) == 2 else position_names(*positions)
    if len(names) < 2:
        raise ValueError(f"rows of {info.name} have one {unit} only, which leaves nothing to select")
    # What is known of single values is not known of what they are parts of; the scaling is that of the channel.
    shift, divisor = (
        values.reshape(len(names), -1)[:, 0] if values is not None and unit == "channel" else None
        for values in (info.input_shift, info.input_divisor)
    )
    return replace(
        info,
        unit=unit,
        feature_names=names,
        groups=None,
        true_strength=None,
        input_shift=shift,
        input_divisor=divisor,
        axis=info.axis.of_channels(len(names)) if info.axis is not None and unit == "channel" else None,
    )
