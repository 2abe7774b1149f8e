"""The wheel adds the one name `multihot` to an environment, and its command runs from there."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site-packages of a fresh environment that has the wheel and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "-q", "-w", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    run(*pip, "--python", python, "install", "--no-deps", "--no-index", "-q", wheel, cwd=folder)
    return Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())


def test_only_multihot_appears_at_the_top_level(installed):
    assert {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")} == {"multihot"}


def test_recipes_travel_in_the_wheel(installed):
    names = {path.name for path in (ROOT / "resources" / "recipes").glob("*.toml")}
    assert names
    assert {path.name for path in (installed / "multihot/_app/resources/recipes").glob("*.toml")} == names


def test_the_installed_command_runs_away_from_the_checkout(installed, tmp_path):
    # -S leaves out the editable install's .pth file: the checkout stays unseen, and what it depends on is found by path
    (tmp_path / "recipes").mkdir()  # a folder of a command's name is not taken for a project
    path = {"PYTHONPATH": os.pathsep.join([str(installed), sysconfig.get_path("purelib")])}
    assert "mobilenetv3-large-224" in run(sys.executable, "-S", "-m", "multihot", "recipes", cwd=tmp_path, **path)
    with pytest.raises(AssertionError, match="No module named 'core'"):
        run(sys.executable, "-S", "-c", "import core", cwd=tmp_path, **path)
