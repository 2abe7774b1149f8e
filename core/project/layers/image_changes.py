"""Changing which image files a project knows, and what it knows of them; none of it is undone."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.errors import ProjectError
from core.project.changes import Changes
from core.project.files.scan import ScannedImage
from core.project.layers.steps import Steps, serial
from core.project.words import images as _images


class ImageChanges(Steps):
    """The open project, with its image files."""

    @serial
    def add_images(self, root: Path, files: Sequence[ScannedImage]) -> Changes:
        """Add image files of a folder; those that are there already are skipped. Not undoable.

        A known file whose size or time changed is looked at again: its facts and its problem are forgotten.
        """
        root = root.resolve()
        known = self._content.known_images(root, [file.relative_path for file in files])
        new = [file for file, image_id in zip(files, known, strict=True) if image_id is None]
        with self._changing():
            changed = self._content.update_files(
                [(i, file.size, file.mtime_ns) for file, i in zip(files, known, strict=True) if i is not None]
            )
            if new:
                self._content.add_images(root, [(file.relative_path, file.size, file.mtime_ns) for file in new])
        if not new and not changed:
            return Changes()
        return Changes(text=f"{_images(len(new))} added" if new else f"{_images(changed)} changed", images=True)

    @serial
    def relink_root(self, old: Path, new: Path) -> Changes:
        """Say where the images of a folder that was moved are now.

        Raises:
            ProjectError: none of them is there, or the images there are in the project already.
        """
        new = new.resolve()
        if new in self.roots():
            raise ProjectError(
                f"The images of {new} are in the project already.",
                next_step=f"Choose the folder that holds those of {old} now.",
            )
        if not self._content.is_in(new, root=old):
            raise ProjectError(
                f"None of the images of {old} is in {new}.", next_step="Choose the folder that holds them now."
            )
        with self._changing():
            self._content.move_root(old, new)
        return Changes(text=f"Images found in {new}", images=True)

    def set_image_facts(self, image_id: int, *, width: int, height: int, problem: str | None) -> None:
        """Note what decoding an image showed; saved with the next edit or when enough has come together.

        Args:
            image_id: the image.
            width: pixels, upright; 0 when it could not be decoded.
            height: pixels, upright; 0 when it could not be decoded.
            problem: the sentence of its `ImageError`, or None.
        """
        self._facts.note(image_id, width=width or None, height=height or None, problem=problem)
        self._content.set_size(self.row_of(image_id), width, height)
        if self._apart_content is not None:
            self._noted.add(image_id)
        if problem is None:
            self.problems.pop(image_id, None)
        else:
            self.problems[image_id] = problem

    def set_content_hashes(self, hashes: Mapping[int, str]) -> None:
        """Keep the SHA-256 of image files, hexadecimal, by image id."""
        with self.database.transaction():
            self._content.set_hashes(hashes)

    @serial
    def mark_problems(self, problems: Mapping[int, str | None]) -> Changes:
        """Say why images cannot be used, or None that they can be, by image id."""
        news = {one: text for one, text in problems.items() if self.problems.get(one) != text}
        if not news:
            return Changes()
        with self._changing():
            self._content.set_problems(news)
        return Changes(images=True)

    @serial
    def move_images(self, paths: Mapping[int, str | Path]) -> Changes:
        """Say where single image files are now.

        Args:
            paths: absolute, by image id.

        Raises:
            ProjectError: one of these files is another image of the project.
        """
        wanted = {image_id: Path(path).absolute() for image_id, path in paths.items()}
        if not wanted:
            return Changes()
        folders = sorted(self.roots(), key=lambda root: len(root.parts), reverse=True)
        by_root: dict[Path, dict[int, str]] = {}
        for image_id, path in wanted.items():
            root = next((root for root in folders if path.is_relative_to(root)), None)
            if root is None:
                new = Path(os.path.commonpath([one.parent for one in wanted.values()]))
                root = new if path.is_relative_to(new) and new != Path(new.anchor) else path.parent
                folders.append(root)
            by_root.setdefault(root, {})[image_id] = path.relative_to(root).as_posix()
        for root, moved in by_root.items():
            known = self._content.known_images(root, list(moved.values()))
            taken = next((one for one in known if one is not None and one not in wanted), None)
            if taken is not None:
                raise ProjectError(
                    f"{self.image_path(taken)} is an image of the project already.",
                    next_step="Choose the folder that holds only the missing images.",
                )
        with self._changing():
            for root, moved in by_root.items():
                self._content.move_images(root, moved)
        return Changes(text=f"{_images(len(wanted))} found again", images=True)
