"""A picture and a sound."""

import io
import struct
import wave
import zlib


def picture() -> bytes:
    """A PNG of a single red pixel."""
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0),
        b"IDAT": zlib.compress(b"\x00\xff\x00\x00"),
        b"IEND": b"",
    }
    written = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks.items()
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


def sound() -> bytes:
    """A WAV of ten milliseconds of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(1)
        recording.setframerate(8000)
        recording.writeframes(b"\x80" * 80)
    return file.getvalue()
