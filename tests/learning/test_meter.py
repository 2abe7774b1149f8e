import pytest
import torch

from core.learning.training.meter import Meter


def test_a_run_faster_than_the_interval_tells_its_first_step_and_the_end_of_every_epoch():
    events = []
    meter = Meter(
        events.append, device=torch.device("cpu"), total_steps=12, steps_per_epoch=4, batch_size=2, validation_images=2
    )
    meter.start()
    for step in range(1, 13):
        meter.step_ended((step + 3) // 4, step, loss=torch.tensor(2.0 * step), images=2, learning_rate=0.1 * step)
    assert [(event.epoch, event.step) for event in events] == [(1, 1), (1, 4), (2, 8), (3, 12)]
    # means over the steps since the event before
    assert [event.loss for event in events] == pytest.approx([1, 3, 6.5, 10.5])
    assert events[-1].learning_rate == pytest.approx(1.2)
