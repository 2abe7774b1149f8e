import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.cli.main import main
from core.jobs import start
from core.project.store import Store

WORKER = Path(__file__).with_name("pretend_training.py")


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
