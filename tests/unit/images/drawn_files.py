"""Image files for tests, among them kinds that Pillow does not write."""

import struct
import zlib

import numpy as np

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def drawn(width=48, height=32):
    """An upright picture of four differently coloured quarters, wider than high."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = RED
    pixels[: height // 2, width // 2 :] = GREEN
    pixels[height // 2 :, : width // 2] = BLUE
    pixels[height // 2 :, width // 2 :] = WHITE
    return pixels


def png(width, height, *, depth, colour, rows, extra=b""):
    """A PNG of a depth and colour type that Pillow does not write."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    lines = b"".join(b"\0" + row for row in rows)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", zlib.compress(lines))
        + chunk(b"IEND", b"")
    )


def tiff(pixels, *, photometric, bits=16):
    """A little-endian TIFF of one strip of 16-bit samples."""
    height, width = pixels.shape[:2]
    samples = pixels.shape[2] if pixels.ndim == 3 else 1
    data = pixels.astype("<u2").tobytes()
    bits_at = 8 + len(data)
    tags = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, samples, bits if samples == 1 else bits_at),
        (259, 3, 1, 1),
        (262, 3, 1, photometric),
        (273, 4, 1, 8),
        (277, 3, 1, samples),
        (278, 4, 1, height),
        (279, 4, 1, len(data)),
    ]
    directory_at = bits_at + 2 * samples
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    depths = struct.pack(f"<{samples}H", *[bits] * samples)
    return (
        struct.pack("<2sHI", b"II", 42, directory_at)
        + data
        + depths
        + struct.pack("<H", len(tags))
        + entries
        + b"\0" * 4
    )


def profile(space, tags):
    """An ICC profile of a display, version 2."""

    def padded(data):
        return data + b"\0" * (-len(data) % 4)

    text = b"text\0\0\0\0none\0"
    name = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + b"\0" * 78
    white = xyz(0.9642, 1.0, 0.8249)
    parts = [(b"desc", name), (b"cprt", text), (b"wtpt", white), *tags]
    body, table = b"", struct.pack(">I", len(parts))
    for kind, data in parts:
        table += struct.pack(">4sII", kind, 132 + 12 * len(parts) + len(body), len(data))
        body += padded(data)
    size = 132 + 12 * len(parts) + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"\0\0\0\0", 0x02100000, b"mntr", space, b"XYZ ")
    header += struct.pack(">6H4s", 2020, 1, 1, 0, 0, 0, b"acsp") + b"\0" * 28
    header += struct.pack(">III", 0xF6D6, 0x10000, 0xD32D)
    return header.ljust(128, b"\0") + table + body


def xyz(*values):
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


def gamma(value):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256)) + b"\0\0"


SWAPPED_RED_AND_GREEN = profile(
    b"RGB ",
    [
        (b"rXYZ", xyz(0.3851, 0.7169, 0.0971)),
        (b"gXYZ", xyz(0.4361, 0.2225, 0.0139)),
        (b"bXYZ", xyz(0.1431, 0.0606, 0.7141)),
        (b"rTRC", gamma(2.2)),
        (b"gTRC", gamma(2.2)),
        (b"bTRC", gamma(2.2)),
    ],
)
LINEAR_GREY = profile(b"GRAY", [(b"kTRC", gamma(1.0))])
