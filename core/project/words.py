"""Words that several sentences share."""


def images(count: int) -> str:
    """How many images, in words."""
    return "1 image" if count == 1 else f"{count:,} images"
