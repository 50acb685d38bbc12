"""Makes the FLAC files beside it with the reference encoder, flac 1.4.2: a tone with noise, so that
prediction and Rice codes of every kind are used. speech.flac is what the kind speech means, the others are not."""
import math
import random
import struct
import subprocess


def make(name, rate, channels, bits, samples):
    rng = random.Random(1)
    raw = bytearray()
    for i in range(samples):
        for c in range(channels):
            loud = 0.6 * math.sin(math.pi * i / samples)
            s = loud * math.sin(2 * math.pi * (220 + 30 * c) * i / rate) + rng.gauss(0, 0.002)
            raw += struct.pack("<i", round(s * (2 ** (bits - 1) - 1)))[: bits // 8]
    subprocess.run(
        ["flac", "-8", "--silent", "--force", "--no-padding", "--force-raw-format", "--endian=little", "--sign=signed",
         f"--channels={channels}", f"--bps={bits}", f"--sample-rate={rate}", "-o", name, "-"], input=raw, check=True)
    return bytes(raw)


raw = make("speech.flac", 16000, 1, 16, 6000)
make("stereo.flac", 16000, 2, 16, 300)
make("44100.flac", 44100, 1, 16, 300)
make("24bit.flac", 16000, 1, 24, 300)
print("speech.flac", len(raw), "bytes of samples; the first and last eight:", [struct.unpack("<8h", b) for b in (raw[:16], raw[-16:])])
