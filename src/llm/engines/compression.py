"""Measure how repetitive a text is."""

import zlib


def compression_ratio(text: str) -> float:
    """Return the number of characters over the length of their zlib form; 0 for an empty text.

    Speech has about 1.2; repetitive text has more. Each distinct character becomes one byte:
    in UTF-8 a Cyrillic letter has two bytes, of which the first is nearly always the same, so that
    ordinary Russian looks repetitive.
    """
    numbers = {character: n for n, character in enumerate(dict.fromkeys(text))}
    # A chunk has fewer than 256 distinct characters in any script; a made-up text may have more.
    encoded = bytes(min(numbers[character], 255) for character in text)
    return len(encoded) / len(zlib.compress(encoded)) if encoded else 0.0
