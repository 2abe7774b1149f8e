import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.cli import demo, predict
from core.cli.main import main
from core.deploy.predict import Prediction
from core.errors import ImageError
from core.images.decode import decode
from core.jobs import start
from core.project.store import Store

WORKER = Path(__file__).with_name("pretend_training.py")


class Brightness:
    """Stands for `Predictor`, without a file: bright images are cats, dark ones dogs."""

    label_names = ("cat", "dog")
    thresholds = np.array([0.5, 0.5], np.float32)

    def __init__(self, path):
        self.path = path

    def predict(self, images):
        for path in images:
            try:
                brightness = decode(path).mean() / 255
            except ImageError as error:
                yield Prediction(path, np.zeros(0, np.float32), np.zeros(0, np.bool_), problem=error.sentence)
                continue
            probabilities = np.array([brightness, 1 - brightness], np.float32)
            yield Prediction(path, probabilities, probabilities >= self.thresholds)


@pytest.fixture
def brightness(monkeypatch):
    """Let commands label images without a model."""
    monkeypatch.setattr(predict, "Predictor", Brightness)
    monkeypatch.setattr(demo, "Predictor", Brightness)


@pytest.fixture
def images(tmp_path):
    """A folder of 40 small images."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(40):
        Image.new("RGB", (8, 8), (number * 6, 0, 0)).save(folder / f"{number:02d}.png")
    return folder


@pytest.fixture
def project(tmp_path, images, multihot):
    """A project of those images with the labels cat and dog."""
    table = tmp_path / "labels.csv"
    rows = "\n".join(f"{number:02d}.png,{number % 2},{int(number % 3 == 0)}" for number in range(40))
    table.write_text(f"filename,cat,dog\n{rows}\n")
    folder = tmp_path / "pets"
    assert multihot("new", folder, "--images", images).code == 0
    assert multihot("import", folder, table).code == 0
    return folder


@pytest.fixture
def trained(project, multihot, pretend):
    """The project after a training."""
    done = multihot("train", project, "--recipe", "resnet18-frozen", "--set", "pretrained=false", "--epochs", "2")
    assert done.code == 0, done.err
    return project


@pytest.fixture
def pretend(monkeypatch):
    """Let jobs be worked without torch."""
    monkeypatch.setattr(start, "module_command", lambda _module, *arguments: [sys.executable, str(WORKER), *arguments])


class Done:
    """How a command ended."""

    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err

    @property
    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def result(self):
        return self.lines[-1]


@pytest.fixture
def multihot(capsys):
    """Runs a command in this process."""

    def run(*arguments):
        capsys.readouterr()
        code = main([str(one) for one in arguments])
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run


@pytest.fixture
def known_states():
    """The states of a project's images."""

    def read(folder):
        with Store.open(folder) as store:
            return np.array(store.states)

    return read
