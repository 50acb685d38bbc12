"""Writes zlib.txt: the streams of zlib at level 9 for inputs that deflate_test.go makes too.

    python3 zlib.py > zlib.txt

A line is: input, its bytes, strategy, memLevel, bytes of the raw deflate stream, the first 16 digits of its SHA-256.
Made with Python 3.11.7 and the zlib that the first line of the output names.
"""
import hashlib
import zlib


def generator(seed):
    while True:
        seed = (seed * 1664525 + 1013904223) % 2**32
        yield seed >> 24


def noise(n):
    g = generator(n)
    return bytes(next(g) for _ in range(n))


def text(n):
    words = [b"the", b"compression", b"of", b"language", b"is", b"prediction", b"zip", b"entropy"]
    g, out = generator(n), b""
    while len(out) < n:
        out += words[next(g) % len(words)] + b" "
    return out[:n]


def walk(n):
    g, v, out = generator(n), 128, bytearray()
    for _ in range(n):
        v = (v + next(g) % 7 - 3) % 256
        out.append(v)
    return bytes(out)


def fibonacci(n):
    """Each value as often as the two before together: a Huffman code that is too deep."""
    out, a, b, value = bytearray(), 1, 1, 0
    while len(out) < n:
        out += bytes([value]) * a
        a, b, value = b, a + b, value + 1
    return bytes(out[:n])


print("# zlib", zlib.ZLIB_RUNTIME_VERSION)
for make in noise, text, walk, fibonacci, bytes:
    for n in 0, 1, 2, 3, 4, 258, 2048, 40000, 100000:
        if make is noise and n == 100000:
            continue  # where zlib no longer has the raw bytes of a block that it should store, ours does
        raw = make(n)
        for strategy in range(4):
            for memory in 8, 9:
                c = zlib.compressobj(9, zlib.DEFLATED, -15, memory, strategy)
                stream = c.compress(raw) + c.flush()
                print(make.__name__, n, strategy, memory, len(stream), hashlib.sha256(stream).hexdigest()[:16])
