"""Decoded images at the network's size, kept between runs in memory-mapped files."""

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

import filelock
import numpy as np
from numpy.typing import NDArray

from core.errors import ImageError
from core.files import replacing, write_atomically
from core.images.decode import decode
from core.images.preprocessing import Preprocessing

#: Images in one file of the cache: 150 MB at 224 px, so that a cancelled job loses little.
_CHUNK = 1000


@dataclass(eq=False)
class Pixels:
    """Some images' pixels, in the order in which they were asked for.

    Attributes:
        files: the cache's `.npy` files, each uint8 (n, height, width, 3).
        places: int64 (N, 2), for each image its file's number and its row there; -1 for an image without pixels.
        problems: for such an image, by its number, the sentence of its `ImageError`.
    """

    files: list[Path]
    places: NDArray[np.int64]
    problems: dict[int, str] = field(default_factory=dict)
    _maps: dict[int, NDArray[np.uint8]] = field(default_factory=dict, repr=False)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """The pixels of an image, uint8 (height, width, 3), read-only."""
        file, row = self.places[index].tolist()
        if file not in self._maps:
            self._maps[file] = np.load(self.files[file], mmap_mode="r")
        pixels: NDArray[np.uint8] = self._maps[file][row]
        return pixels

    def batch(self, indices: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Several images' pixels, uint8 (n, height, width, 3), a copy."""
        return np.stack([self[index] for index in indices.tolist()])

    def __getstate__(self) -> dict[str, Any]:
        """For another process, which opens the files itself: a memory map would travel as its whole content."""
        return {**self.__dict__, "_maps": {}}


def load_pixels(
    paths: Sequence[str],
    preprocessing: Preprocessing,
    folder: Path,
    *,
    threads: int,
    progress: Callable[[int, int], bool],
) -> Pixels | None:
    """Find images in the cache, and decode those that are not there or changed since.

    Args:
        paths: N image files.
        preprocessing: the resize; its mean and std do not matter here.
        folder: holds the caches of all sizes; made when missing.
        threads: how many images are decoded at a time.
        progress: called with images done and images in all; when it returns False, the work ends.

    Returns:
        The pixels; None when `progress` ended the work, which keeps what was decoded so far.
    """
    cache = folder / f"pixels-{preprocessing.width}x{preprocessing.height}-{preprocessing.interpolation}"
    cache.mkdir(parents=True, exist_ok=True)
    keys = [_key(Path(path)) for path in paths]
    problems: dict[int, str] = {}
    index = _read_index(cache)
    missing = [number for number, key in enumerate(keys) if key not in index]
    done = len(paths) - len(missing)
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(missing), _CHUNK):
            numbers = missing[start : start + _CHUNK]
            name = f"{token_hex(8)}.npy"
            rows: dict[str, tuple[str, int]] = {}
            shape = (len(numbers), preprocessing.height, preprocessing.width, 3)
            cancelled = False
            with replacing(cache / name) as temporary:
                chunk = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.uint8, shape=shape)
                results = pool.map(lambda number: _prepare(Path(paths[number]), preprocessing), numbers)
                for row, (number, pixels) in enumerate(zip(numbers, results, strict=True)):
                    if isinstance(pixels, ImageError):
                        problems[number] = pixels.sentence
                    else:
                        chunk[row] = pixels
                        rows[keys[number]] = (name, row)
                    done += 1
                    if not progress(done, len(paths)):
                        cancelled = True
                        pool.shutdown(cancel_futures=True)
                        break
                chunk.flush()
                # Windows cannot rename a file that is mapped
                del chunk
            # another run may have added images of its own meanwhile
            with filelock.FileLock(cache / ".lock"):
                index = {**_read_index(cache), **rows}
                write_atomically(cache / "index.json", json.dumps(index))
            if cancelled:
                return None
    names = sorted({index[key][0] for key in keys if key in index})
    numbers_of = {name: number for number, name in enumerate(names)}
    places = [(numbers_of[index[key][0]], index[key][1]) if key in index else (-1, -1) for key in keys]
    return Pixels([cache / name for name in names], np.array(places, np.int64).reshape(-1, 2), problems)


def _key(path: Path) -> str:
    """What a file is known by: it changes when the file does."""
    try:
        facts = path.stat()
    except OSError:
        # never found again
        return token_hex(16)
    text = f"{path.absolute()}\0{facts.st_size}\0{facts.st_mtime_ns}"
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _prepare(path: Path, preprocessing: Preprocessing) -> NDArray[np.uint8] | ImageError:
    try:
        return preprocessing.prepare(decode(path))
    except ImageError as error:
        return error


def _read_index(cache: Path) -> dict[str, tuple[str, int]]:
    """Where each known file's pixels are: name of the `.npy` file and row. A damaged index means an empty cache."""
    there = {path.name for path in cache.glob("*.npy")}
    try:
        stored = json.loads((cache / "index.json").read_text(encoding="utf-8"))
        return {key: (name, int(row)) for key, (name, row) in stored.items() if name in there}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
