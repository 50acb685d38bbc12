"""Makes the JPEGs beside it, of kinds that Go's encoder does not write, and prints the grey value of a
pixel as Pillow decodes it. Pillow 13.0 with libjpeg-turbo."""
import io
from PIL import Image

W, H = 72, 40


def ramp(x, y):
    return (3 * x) % 256, (5 * y) % 256, (x + 2 * y) % 256, (2 * x) // 3


cmyk = Image.new("CMYK", (W, H))
cmyk.putdata([ramp(x, y) for y in range(H) for x in range(W)])
out = io.BytesIO()
cmyk.save(out, "JPEG", quality=95)
plain = out.getvalue()
adobe = plain.index(b"Adobe") + 11  # the transform: 0, none
assert plain[adobe] == 0
open("cmyk.jpg", "wb").write(plain)
# The same coefficients, said to be YCCK: what libjpeg makes of them is the reference.
open("ycck.jpg", "wb").write(plain[:adobe] + b"\x02" + plain[adobe + 1:])

rgb = Image.new("RGB", (W, H))
rgb.putdata([ramp(x, y)[:3] for y in range(H) for x in range(W)])
rgb.save("progressive.jpg", quality=90, progressive=True, subsampling="4:2:0")
rgb.convert("L").save("grey.jpg", quality=90)

for name in "cmyk.jpg", "ycck.jpg", "progressive.jpg", "grey.jpg":
    grey = Image.open(name).convert("RGB").convert("L")
    places = [(0, 0), (10, 20), (63, 31), (71, 39), (40, 7)]
    print(name, Image.open(name).mode, [grey.getpixel(p) for p in places])
