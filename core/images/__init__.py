"""Image files: decoding, thumbnails and the resize that training and deployment share."""

from typing import Final

#: Endings, in lower case, of the files that a folder scan takes for images.
SUFFIXES: Final = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".gif"}
)
