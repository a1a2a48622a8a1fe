"""What is logged reaches TensorBoard's own files."""

from typing import Any

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

from spectral_exp.tracking.logger.tensorboard import SpectralTensorBoardLogger
from spectral_exp.tracking.rich_logger import RichLogger
from tests.integration.dashboard_content import MASK, decode_grey_png, log_everything, read_events


def test_tensorboard_shows_metrics_histogram_mask_and_ranking(tmp_path):
    logger = SpectralTensorBoardLogger(tmp_path)
    assert isinstance(logger, RichLogger)
    log_everything(logger)
    logger.finish()
    assert logger.location == str(tmp_path / "tensorboard")
    events = read_events(tmp_path / "tensorboard")
    (accuracy,) = events.Scalars("val/accuracy")
    assert (accuracy.step, accuracy.value) == (10, 0.75)
    (histogram,) = events.Histograms("spectral/eigenvalues")
    assert histogram.histogram_value.num == 5
    assert (histogram.histogram_value.min, histogram.histogram_value.max) == (-1.5, 2.0)
    assert "spectral/nothing" not in events.Tags()["histograms"]
    (image,) = events.Images("spectral/mask")
    assert (image.width, image.height) == (8, 8)
    np.testing.assert_array_equal(decode_grey_png(image.encoded_image_string) == 255, MASK)
    (text,) = events.Tensors("ranking/text_summary")
    (markdown,) = text.tensor_proto.string_val
    assert markdown.decode().splitlines() == [
        "| rank | feature | name | relevance | selected |",
        "| --- | --- | --- | --- | --- |",
        "| 1 | 4 | age | 2 | True |",
        "| 2 | 2 | color=red\\|blue | 1.5 | True |",
        "| 3 | 0 | noise | None | False |",
    ]
    asked, compared = hyper_parameters(events)
    assert (asked["seed"].number_value, asked["regularization/strength"].number_value) == (3, 1e-3)
    assert compared == {"test/accuracy", "n_selected"}
    assert [(event.step, event.value) for event in events.Scalars("test/accuracy")] == [(10, 0.5)]


def hyper_parameters(events: EventAccumulator) -> tuple[dict[str, Any], set[str]]:
    """What the tab HPARAMS shows: values of the configuration, and the metrics that runs are compared by."""

    def content(tag: str) -> Any:
        return plugin_data_pb2.HParamsPluginData.FromString(
            events.SummaryMetadata(f"_hparams_/{tag}").plugin_data.content
        )

    asked = dict(content("session_start_info").session_start_info.hparams)
    return asked, {info.name.tag for info in content("experiment").experiment.metric_infos}


def test_tensorboard_of_a_resumed_run_shows_every_step_once(tmp_path):
    killed = SpectralTensorBoardLogger(tmp_path)
    for step in range(1, 7):
        killed.log_metrics({"val/loss": 100.0 + step}, step)
    killed.finish()
    resumed = SpectralTensorBoardLogger(tmp_path)
    resumed.resume_after(4)
    for step in range(5, 9):
        resumed.log_metrics({"val/loss": 200.0 + step}, step)
    resumed.finish()
    losses = {event.step: event.value for event in read_events(tmp_path / "tensorboard").Scalars("val/loss")}
    assert losses == {1: 101, 2: 102, 3: 103, 4: 104, 5: 205, 6: 206, 7: 207, 8: 208}
    assert len(read_events(tmp_path / "tensorboard").Scalars("val/loss")) == 8
