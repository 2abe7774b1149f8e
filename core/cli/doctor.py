"""`multihot doctor`."""

import argparse
import contextlib
import ctypes
import importlib.util
import json
import os
import platform
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from core.cli.output import Output, duration
from core.paths import app_root, child_environment, module_command, user_folder
from core.version import version

_WRITE_BLOCKS = 64  # of 1 MiB
_LEAST_FREE_BYTES = 2 * 1024**3
_TORCH_TIMEOUT_S = 180

# what Qt loads on Linux, and the Debian package that has it; without the first group no window opens at all
_QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libglib-2.0.so.0": "libglib2.0-0",
}
_X11_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}

State = Literal["ok", "warning", "stops"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: what it is.
        state: "ok"; "warning" when something will not work or be slow; "stops" when the program cannot do its work.
        text: what was found, and what to do about it.
    """

    name: str
    state: State
    text: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command has no arguments of its own."""


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Look at this machine and say what is missing."""
    findings = []
    for finding in examine():
        findings.append(finding)
        mark = {"ok": "ok     ", "warning": "warning", "stops": "STOPS  "}[finding.state]
        output.say(f"{mark}  {finding.name}: {finding.text}")
    is_fit = all(one.state != "stops" for one in findings)
    output.say("Multihot can work here." if is_fit else "Multihot cannot work here until what STOPS it is mended.")
    output.result({"fit": is_fit, "findings": [asdict(one) for one in findings]})
    return 0 if is_fit else 1


def examine() -> Iterator[Finding]:
    """Look at one thing after the other."""
    yield Finding("Multihot", "ok", f"{version()} in {app_root()}")
    yield Finding("System", "ok", f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} CPUs")
    yield _packages()
    yield from _torch()
    yield _folder("Settings and logs", user_folder(), without_it="stops")
    yield _folder("This folder", Path.cwd(), without_it="warning")
    if sys.platform == "linux":
        yield _libraries("Window libraries", _QT_LIBRARIES)
        yield _screen()


def _packages() -> Finding:
    names = ("PySide6_Essentials", "pyqtgraph", "numpy", "pillow", "onnx", "onnxruntime", "timm")
    try:
        return Finding("Packages", "ok", ", ".join(f"{name} {metadata.version(name)}" for name in names))
    except metadata.PackageNotFoundError as error:
        return Finding("Packages", "stops", f"{error.name} is not installed. Install Multihot again with pip.")


def _torch() -> Iterator[Finding]:
    """What the worker finds, in a child process as always."""
    if importlib.util.find_spec("torch") is None:
        yield Finding("PyTorch", "stops", "It is not installed. Install Multihot again with pip.")
        return
    began = time.monotonic()
    try:
        child = subprocess.run(
            module_command("core.jobs.worker", "--check"),
            env=child_environment(), capture_output=True, text=True, timeout=_TORCH_TIMEOUT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        yield Finding("PyTorch", "stops", f"It did not load within {duration(_TORCH_TIMEOUT_S)}.")
        return
    took = time.monotonic() - began
    if child.returncode != 0:
        last_line = (child.stderr.strip().splitlines() or [f"its process ended with code {child.returncode}"])[-1]
        yield Finding("PyTorch", "stops", f"It cannot be loaded: {last_line}. Install torch and torchvision together.")
        return
    facts = json.loads(child.stdout.splitlines()[-1])
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    yield Finding("PyTorch", "ok", f"{versions}, loaded in {took:.1f} s")
    devices = ", ".join(facts["cuda_devices"]) or f"CPU, {facts['threads']} threads; no CUDA device"
    yield Finding("Training device", "ok", devices)


def _folder(name: str, folder: Path, *, without_it: State) -> Finding:
    """Whether a folder can be written, how much room it has and how fast it is."""
    probe = folder / f".multihot-{secrets.token_hex(4)}"
    block = os.urandom(1024 * 1024)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
        began = time.monotonic()
        with probe.open("wb") as file:
            for _ in range(_WRITE_BLOCKS):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        speed = _WRITE_BLOCKS * len(block) / max(time.monotonic() - began, 1e-9) / 1e6
    except OSError as error:
        return Finding(name, without_it, f"{folder} cannot be written: {error.strerror}.")
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()
    text = f"{folder}, {free / 1e9:.1f} GB free, writes {speed:.0f} MB/s"
    if free < _LEAST_FREE_BYTES:
        return Finding(name, "warning", f"{text}. A training may need more room.")
    return Finding(name, "ok", text)


def _screen() -> Finding:
    if os.environ.get("WAYLAND_DISPLAY"):
        return Finding("Screen", "ok", f"Wayland, {os.environ['WAYLAND_DISPLAY']}")
    if os.environ.get("DISPLAY"):
        return _libraries(f"Screen {os.environ['DISPLAY']}", _X11_LIBRARIES)
    return Finding("Screen", "warning", "There is none here, so no window can open; the terminal's commands all work.")


def _libraries(name: str, libraries: dict[str, str]) -> Finding:
    missing = []
    for library, package in libraries.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    if missing:
        return Finding(name, "stops", f"Missing. On Debian and Ubuntu: apt install {' '.join(missing)}")
    return Finding(name, "ok", "all there")
