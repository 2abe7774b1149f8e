"""What a project is, without taking it from the program that has it open."""

import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from core.labels import Task
from core.project.disk.damage import UNREADABLE
from core.project.disk.database import FILE_NAME
from core.project.store import Store


@dataclass(frozen=True)
class ProjectFacts:
    """What decides which recipes are for a project.

    Attributes:
        task: whether an image has any number of labels or one.
        labels: how many there are.
    """

    task: Task
    labels: int


def facts_of(folder: Path) -> ProjectFacts:
    """Read a project's facts, also while another program has it open.

    Raises:
        ProjectError: it is missing, damaged, or made by a newer version.
    """
    uri = f"{(folder.resolve() / FILE_NAME).as_uri()}?mode=ro"
    # what cannot be read so, such as a file of an older version, is opened as always, which tells what is wrong with it
    with (
        contextlib.suppress(*UNREADABLE),
        contextlib.closing(sqlite3.connect(uri, uri=True)) as connection,
    ):
        (task,) = connection.execute("SELECT task FROM project").fetchone()
        (labels,) = connection.execute("SELECT count(*) FROM label WHERE NOT deleted").fetchone()
        return ProjectFacts(task, labels)
    with Store.open(folder) as store:
        return ProjectFacts(store.task, len(store.labels))
