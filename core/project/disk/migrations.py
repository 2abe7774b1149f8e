"""The schema of a project, as the ordered steps that made it."""

import sqlite3
from collections.abc import Callable

Migration = Callable[[sqlite3.Connection], None]


def _create(connection: sqlite3.Connection) -> None:
    """The first schema.

    `annotation.states` holds one signed byte per label, at position `label.id - 1`: 1, 0 or -1; a missing end is
    unknown. One row per image instead of one per state lets 100,000 images x 80 labels open in a second instead of
    several. A deleted label keeps its row and its bytes, so that undo brings its annotations back; its id is never
    used again.
    """
    for statement in (
        "CREATE TABLE root (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE)",
        """CREATE TABLE image (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            root_id INTEGER NOT NULL REFERENCES root (id),
            path TEXT NOT NULL,
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            split INTEGER NOT NULL DEFAULT -1,
            width INTEGER,
            height INTEGER,
            problem TEXT,
            content_hash TEXT,
            UNIQUE (root_id, path)
        )""",
        """CREATE TABLE label (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            color TEXT NOT NULL,
            shortcut TEXT NOT NULL,
            position INTEGER NOT NULL,
            deleted INTEGER NOT NULL
        )""",
        """CREATE TABLE annotation (
            image_id INTEGER PRIMARY KEY REFERENCES image (id),
            states BLOB NOT NULL,
            reviewed INTEGER NOT NULL
        )""",
        """CREATE TABLE edit (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            time REAL NOT NULL,
            text TEXT NOT NULL,
            undone INTEGER NOT NULL DEFAULT 0,
            edits BLOB NOT NULL
        )""",
        "CREATE INDEX edit_undone ON edit (undone, id)",
        "CREATE TABLE run (id INTEGER PRIMARY KEY AUTOINCREMENT, recipe TEXT NOT NULL, created REAL NOT NULL)",
    ):
        connection.execute(statement)


def _keep_task(connection: sqlite3.Connection) -> None:
    """One row about the project itself; until now every project was multi-label."""
    connection.execute("CREATE TABLE project (task TEXT NOT NULL CHECK (task IN ('multi-label', 'multi-class')))")
    connection.execute("INSERT INTO project (task) VALUES ('multi-label')")


def _widen_labelling(connection: sqlite3.Connection) -> None:
    """What a label means, rules, how far the review came, notes, what another project says, versions, filters.

    `annotation.reviewed` becomes `review`, a value of `Review`, of which 0 and 1 mean what they meant.
    """
    for statement in (
        "ALTER TABLE label ADD COLUMN description TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE label ADD COLUMN parent INTEGER",
        "ALTER TABLE label ADD COLUMN examples TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE annotation RENAME COLUMN reviewed TO review",
        "ALTER TABLE annotation ADD COLUMN flagged INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE annotation ADD COLUMN reviewed_at REAL",
        """CREATE TABLE rule (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL CHECK (kind IN ('exclusive', 'implies', 'never')),
            name TEXT NOT NULL,
            labels TEXT NOT NULL,
            deleted INTEGER NOT NULL
        )""",
        "CREATE TABLE note (image_id INTEGER PRIMARY KEY REFERENCES image (id), text TEXT NOT NULL)",
        """CREATE TABLE dispute (
            image_id INTEGER NOT NULL REFERENCES image (id),
            label_id INTEGER NOT NULL REFERENCES label (id),
            theirs INTEGER NOT NULL,
            PRIMARY KEY (image_id, label_id)
        ) WITHOUT ROWID""",
        """CREATE TABLE version (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            created REAL NOT NULL,
            facts TEXT NOT NULL,
            state BLOB NOT NULL
        )""",
        "CREATE TABLE saved_filter (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID",
    ):
        connection.execute(statement)


# The schema version in PRAGMA user_version is the number of steps done. Never change a step that was released. Each
# changes tables or columns: a file of a higher version with the tables of a lower one is taken for damaged.
MIGRATIONS: tuple[Migration, ...] = (_create, _keep_task, _widen_labelling)
