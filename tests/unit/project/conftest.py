from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.labels import Task
from core.project.files.scan import ScannedImage
from core.project.store import Store


@pytest.fixture
def make_store(tmp_path: Path) -> Iterator[Callable[..., Store]]:
    """Makes a project with so many images, whose files do not exist, and these labels."""
    stores = []

    def make(images: int = 4, labels: tuple[str, ...] = ("cat", "dog", "cow"), **made: Task) -> Store:
        store = Store.create(tmp_path / "project", **made)
        stores.append(store)
        photos = tmp_path / "photos"
        photos.mkdir()
        store.add_images(photos, [ScannedImage(f"{index}.jpg", 10, 20) for index in range(images)])
        for name in labels:
            store.add_label(name)
        return store

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def store(make_store: Callable[..., Store]) -> Store:
    """A project with the images 1 to 4 and the labels cat 1, dog 2 and cow 3."""
    return make_store()
