"""What doctor says of machines that lack something."""

import json
import sys

import pytest

from core.cli import doctor

TORCH = {"versions": {"torch": "2.11"}, "cuda_devices": [], "threads": 2}


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path):
    """A machine that has all, without a screen, whose torch is only said to be there."""
    monkeypatch.setenv("MULTIHOT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "_WRITE_BLOCKS", 1)
    monkeypatch.setattr(doctor, "_QT_LIBRARIES", {})
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    _let_torch_say(monkeypatch, f"print({json.dumps(json.dumps(TORCH))})")


def _let_torch_say(monkeypatch, code):
    monkeypatch.setattr(doctor, "module_command", lambda *_: [sys.executable, "-c", code])


def test_a_fit_machine_is_code_0(multihot, tmp_path):
    done = multihot("doctor", "--json")
    assert done.code == 0
    assert done.result["fit"]
    states = {one["name"]: one["state"] for one in done.result["findings"]}
    assert states["PyTorch"] == states["Settings and logs"] == "ok"
    assert list(tmp_path.iterdir()) == [tmp_path / "home"]
    assert list((tmp_path / "home").iterdir()) == []


def test_torch_that_cannot_be_loaded_stops_the_program(multihot, monkeypatch):
    _let_torch_say(monkeypatch, "raise OSError('libcudart.so is missing')")
    done = multihot("doctor")
    assert done.code == 1
    assert "STOPS    PyTorch" in done.out
    assert "libcudart.so is missing" in done.out


def test_torch_that_never_loads_stops_the_program(multihot, monkeypatch):
    monkeypatch.setattr(doctor, "_TORCH_TIMEOUT_S", 0.2)
    _let_torch_say(monkeypatch, "import time; time.sleep(60)")
    assert "did not load" in multihot("doctor").out


def test_a_folder_that_cannot_be_written_stops_the_program(multihot, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("MULTIHOT_HOME", str(tmp_path / "file" / "home"))
    done = multihot("doctor", "--json")
    assert done.code == 1
    assert "cannot be written" in next(one["text"] for one in done.result["findings"] if one["state"] == "stops")


@pytest.mark.skipif(sys.platform != "linux", reason="libraries of Linux")
def test_a_missing_library_names_its_package(multihot, monkeypatch):
    monkeypatch.setattr(doctor, "_QT_LIBRARIES", {"libnowhere.so.9": "libnowhere9"})
    done = multihot("doctor")
    assert (done.code, "apt install libnowhere9" in done.out) == (1, True)


@pytest.mark.skipif(sys.platform != "linux", reason="screens of Linux")
def test_no_screen_is_told_and_stops_nothing(multihot):
    done = multihot("doctor")
    assert done.code == 0
    assert "warning  Screen" in done.out
