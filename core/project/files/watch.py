"""What became of a project's image files since they were added: changed, gone, back again, and which are new."""

import bisect
import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from core.errors import ProjectError
from core.labels import LabelState, Review
from core.project.changes import Changes
from core.project.disk.database import FILE_NAME, PROJECT_FOLDERS
from core.project.disk.read_only import reading
from core.project.edits import changes_of
from core.project.files.fingerprints import file_hash, never
from core.project.files.missing import is_missing, missing_file, missing_folder
from core.project.files.renamed import Renamed, find_renamed, take_renamed
from core.project.files.scan import ScannedImage, scan_folder
from core.project.merging.plan import joined_note
from core.project.store import Store
from core.project.words import images as _images

# A system watches so many folders without being asked for more; what changes in others is seen at the next look.
FOLDERS_LIMIT = 512

# A copy of all images may have given each a new time: what was found until then is told first.
READ_SECONDS = 15.0

_GIVE_WAY_EVERY = 1000
_PAUSE_SECONDS = 0.003


@dataclass(frozen=True)
class News:
    """What a look at the files showed.

    Attributes:
        changed: files with another content, by image id, each with its root folder.
        touched: files with another time and the same content, by image id, each with its root folder and SHA-256.
        gone: sentences about images whose files are not there any more, by image id.
        back: ids of images whose files were gone and are there again.
        new: files that are no image of the project, by root folder.
        renamed: images whose files were gone, and that are found again in files that would else be new.
        missing_roots: root folders that are not there.
        folders: those that are worth watching, at most `FOLDERS_LIMIT`.
        is_whole: false where so many files have another time that not all of them were read: look again.
    """

    changed: Mapping[int, tuple[Path, ScannedImage]] = field(default_factory=dict)
    touched: Mapping[int, tuple[Path, ScannedImage, str]] = field(default_factory=dict)
    gone: Mapping[int, str] = field(default_factory=dict)
    back: frozenset[int] = frozenset()
    new: Mapping[Path, tuple[ScannedImage, ...]] = field(default_factory=dict)
    renamed: Renamed = field(default_factory=dict)
    missing_roots: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()
    is_whole: bool = True

    @property
    def images(self) -> int:
        """Number of images of the project that something happened to."""
        return len(self.changed) + len(self.touched) + len(self.gone) + len(self.back) + len(self.renamed)


@dataclass(frozen=True, slots=True)
class _Known:
    image_id: int
    size: int
    mtime_ns: int
    content_hash: str | None


def look(
    folder: Path,
    problems: Mapping[int, str],
    *,
    within: Collection[Path] | None = None,
    cancelled: Callable[[], bool] = never,
) -> News | None:
    """Compare the files of a project with what is known of them; changes nothing, and may be called from any thread.

    Args:
        folder: of the project, which may be open.
        problems: what is said against its images, by id.
        within: look only at these folders and those in them; None looks everywhere.
        cancelled: asked now and then.

    Returns:
        None when it was cancelled.

    Raises:
        ProjectError: the project cannot be read.
    """
    roots, known = _known(folder)
    everywhere = {
        prefix + _local(path) for root, images in known.items() for prefix in [_prefix(root)] for path in images
    }
    news = _Collected(problems, everywhere)
    for root in roots:
        if not root.is_dir():
            if known[root]:
                news.miss_root(root, known[root])
            continue
        parts = _parts(root, within)
        # once for all parts: a copy into hundreds of folders tells of each
        ordered = sorted(known[root]) if any(parts) else []
        for part in parts:
            if cancelled():
                return None
            try:
                files = _scanned(root, part, cancelled)
            except ProjectError:
                # nobody may read it at the moment: nothing is known of it
                continue
            if cancelled():
                return None
            images = known[root] if not part else {path: known[root][path] for path in _below(ordered, part)}
            news.compare(root, images, files, cancelled)
    if cancelled():
        return None
    found = news.result()
    renamed = find_renamed(folder, found.new, cancelled=cancelled)
    if cancelled():
        return None
    if renamed:
        left = {root for root, images in known.items() if any(one.image_id not in renamed for one in images.values())}
        found = _without(found, renamed, left)
    return replace(found, folders=_folders(roots))


def take_news(store: Store, news: News) -> Changes:
    """Forget what is known of files that changed, and mark those that are gone or back.

    That is not undoable. Images of which something was said, and that show something else now, become unsure with a
    line in their notes, which is: somebody has to see them again, also after a restart.
    """
    found = take_renamed(store, news.renamed)
    by_root: dict[Path, list[ScannedImage]] = {}
    for root, file in [*news.changed.values(), *((root, file) for root, file, _ in news.touched.values())]:
        by_root.setdefault(root, []).append(file)
    for root, files in by_root.items():
        store.add_images(root, files)
    if news.touched:
        store.set_content_hashes({image_id: content for image_id, (_, _, content) in news.touched.items()})
    store.mark_problems({**news.gone, **dict.fromkeys(news.back)})
    marked = _mark_changed(store, list(news.changed))
    said = [
        text
        for count, text in ((len(news.changed), "changed"), (len(news.gone), "gone"), (len(news.back), "there again"))
        if count
        for text in (f"{_images(count)} {text}",)
    ]
    said += [found.text] if found else []
    return replace(marked, text=", ".join(said), images=news.images > 0)


def _mark_changed(store: Store, image_ids: Sequence[int]) -> Changes:
    """Make images unsure that were labelled or reviewed, since their files are others now."""
    ids = np.array(sorted(image_ids), np.int64)
    known = (store.states_of(ids) != int(LabelState.UNKNOWN)).any(axis=1)
    seen = ids[known | (store.review[store.rows_of(ids)] != int(Review.TO_DO))].tolist()
    if not seen:
        return Changes()
    text = f"{_images(len(seen))} unsure, as {'its file' if len(seen) == 1 else 'their files'} changed"
    line = f"The file changed on disk; noticed on {time.strftime('%Y-%m-%d')}."
    with store.step(text) as edits:
        store.set_review(seen, Review.UNSURE)
        store.set_notes({one: joined_note(store.notes.get(one, ""), line) for one in seen})
    return changes_of(edits, text)


def _without(news: News, renamed: Renamed, roots: Collection[Path]) -> News:
    """News in which images that are found again are neither gone nor new; `roots` are those that hold others."""
    taken = {(root, file.relative_path) for root, file, _ in renamed.values()}
    new = {
        root: tuple(file for file in files if (root, file.relative_path) not in taken)
        for root, files in news.new.items()
    }
    return replace(
        news,
        renamed=renamed,
        gone={one: sentence for one, sentence in news.gone.items() if one not in renamed},
        new={root: files for root, files in new.items() if files},
        missing_roots=tuple(root for root in news.missing_roots if root in roots),
    )


class _Collected:
    """News as they come together."""

    def __init__(self, problems: Mapping[int, str], everywhere: Collection[str]) -> None:
        self._problems = problems
        self._seen = set(everywhere)
        self._changed: dict[int, tuple[Path, ScannedImage]] = {}
        self._touched: dict[int, tuple[Path, ScannedImage, str]] = {}
        self._gone: dict[int, str] = {}
        self._back: set[int] = set()
        self._new: dict[Path, list[ScannedImage]] = {}
        self._missing_roots: list[Path] = []
        self._is_whole = True
        self._read_until = time.monotonic() + READ_SECONDS

    def miss_root(self, root: Path, images: Mapping[str, _Known]) -> None:
        """None of its images is there."""
        self._missing_roots.append(root)
        sentence = missing_folder(root)
        for one in images.values():
            self._mark_gone(one, sentence)

    def compare(
        self, root: Path, images: Mapping[str, _Known], files: Sequence[ScannedImage], cancelled: Callable[[], bool]
    ) -> None:
        """Compare the images of a folder with the files that are there."""
        there = {file.relative_path: file for file in files}
        for count, (path, one) in enumerate(images.items()):
            if count % _GIVE_WAY_EVERY == 0:
                _give_way(count)
            file = there.get(path) or _file(root, path)
            if file is not None and file.size < 0:
                # nobody may read it at the moment: nothing is known of it
                continue
            if file is None:
                self._mark_gone(one, missing_file(Path(_whole(root, path))))
            elif (file.size, file.mtime_ns) != (one.size, one.mtime_ns):
                self._changed_or_touched(root, one, file, cancelled)
            if file is not None and is_missing(self._problems.get(one.image_id, "")):
                self._back.add(one.image_id)
        prefix = _prefix(root)
        for file in files:
            whole_path = prefix + _local(file.relative_path)
            if whole_path not in self._seen:
                # a root folder in another one is looked through twice
                self._seen.add(whole_path)
                self._new.setdefault(root, []).append(file)

    def result(self) -> News:
        """What came together."""
        return News(
            self._changed,
            self._touched,
            self._gone,
            frozenset(self._back),
            {root: tuple(files) for root, files in self._new.items()},
            missing_roots=tuple(self._missing_roots),
            is_whole=self._is_whole,
        )

    def _mark_gone(self, one: _Known, sentence: str) -> None:
        if not is_missing(self._problems.get(one.image_id, "")):
            self._gone[one.image_id] = sentence

    def _changed_or_touched(self, root: Path, one: _Known, file: ScannedImage, cancelled: Callable[[], bool]) -> None:
        if file.size == one.size and one.content_hash is not None:
            if time.monotonic() > self._read_until:
                self._is_whole = False
                return
            try:
                if file_hash(_whole(root, file.relative_path), cancelled) == one.content_hash:
                    self._touched[one.image_id] = (root, file, one.content_hash)
                    return
            except OSError:
                pass
        self._changed[one.image_id] = (root, file)


def _known(folder: Path) -> tuple[list[Path], dict[Path, dict[str, _Known]]]:
    """The root folders of a project, outer ones first, and their images by path."""
    with reading(folder) as connection:
        # stored relative to the project where it lies in it
        roots = {row[0]: Path(os.path.normpath(folder / row[1])) for row in connection.execute("SELECT * FROM root")}
        known: dict[Path, dict[str, _Known]] = {root: {} for root in roots.values()}
        for image_id, root_id, path, *facts in connection.execute(
            "SELECT id, root_id, path, size, mtime_ns, content_hash FROM image"
        ):
            known[roots[root_id]][path] = _Known(image_id, *facts)
    return sorted(known, key=lambda root: len(root.parts)), known


def _parts(root: Path, within: Collection[Path] | None) -> list[str]:
    """The parts of a root folder to look at, as beginnings of paths below it; an empty one is all of it."""
    if within is None or any(root.is_relative_to(one) for one in within):
        return [""]
    inside = sorted(one for one in within if one.is_relative_to(root))
    outer = [one for one in inside if not any(one != other and one.is_relative_to(other) for other in inside)]
    return [f"{one.relative_to(root).as_posix()}/" for one in outer]


def _below(ordered: Sequence[str], part: str) -> Sequence[str]:
    """The paths among ascending ones that begin with a folder, which ends with "/"."""
    return ordered[bisect.bisect_left(ordered, part) : bisect.bisect_left(ordered, f"{part[:-1]}0")]


def _scanned(root: Path, part: str, cancelled: Callable[[], bool]) -> list[ScannedImage]:
    """The image files of a part of a root folder, relative to the root; none where it is gone."""
    if not part:
        return scan_folder(root, cancelled=cancelled, progress=_give_way)
    if not (root / part).is_dir():
        return []
    return [
        ScannedImage(part + file.relative_path, file.size, file.mtime_ns)
        for file in scan_folder(root / part, cancelled=cancelled, progress=_give_way)
    ]


def _file(root: Path, path: str) -> ScannedImage | None:
    """A file that a scan leaves out, such as a hidden one; None when it is gone."""
    try:
        facts = Path(_whole(root, path)).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        # it may be there, and nothing says that it changed
        return ScannedImage(path, -1, -1)
    return ScannedImage(path, facts.st_size, facts.st_mtime_ns)


def _folders(roots: Sequence[Path]) -> tuple[Path, ...]:
    """The root folders and the folders in them, as many as may be watched."""
    found: dict[Path, None] = {}
    for root in roots:
        for here, folders, names in os.walk(root):
            folders[:] = sorted(one for one in folders if not one.startswith("."))
            if FILE_NAME in names:
                # what a project keeps beside its database changes all the time
                folders[:] = [one for one in folders if one not in PROJECT_FOLDERS] if Path(here) == root else []
                if Path(here) != root:
                    continue
            found[Path(here)] = None
            if len(found) >= FOLDERS_LIMIT:
                return tuple(found)
    return tuple(found)


def _whole(root: Path, path: str) -> str:
    return _prefix(root) + _local(path)


def _prefix(root: Path) -> str:
    """A folder with one separator at its end, where the root of a drive has it already."""
    return str(root).rstrip(os.sep) + os.sep


def _local(path: str) -> str:
    return path if os.sep == "/" else path.replace("/", os.sep)


def _give_way(_count: int) -> None:
    """Let the thread that paints have its turn: Python runs one at a time."""
    time.sleep(_PAUSE_SECONDS)
