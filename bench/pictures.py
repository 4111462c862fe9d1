"""The inputs of every race: JPEGs of about 90 kB, made here from a seed, and rows.jsonl.

No imaging library is needed. A picture is drawn where JPEG keeps it: in the quantised
frequency coefficients. The coarse part (DC) is a smooth field of a few waves; the fine part
(AC) is taken block by block from a seeded pool whose strength follows a second smooth field,
so flat and busy regions alternate as in a photograph. Baseline JPEG, ITU-T T.81, with the
example Huffman tables of its annex K.3.
"""

import json
import math
import os
import random
import struct
from pathlib import Path

WIDTH, HEIGHT = 640, 480
# Sizes of the pictures in a folder of many; about two thirds are at least 700 wide and 450 high.
SIZES = ([(704, 456)] * 20 + [(720, 480)] * 14 + [(768, 512)] * 5 + [(800, 600)] * 5
         + [(500, 375)] * 9 + [(480, 360)] * 4 + [(320, 480)] * 3 + [(640, 360)] * 3)
LEVELS = 16  # steps of "how busy is this block"
POOL = 96  # ready-made AC patterns at each step
BUSYNESS = 13.55  # strength of the busiest block, chosen so that a file has about 90 kB
QUANTISER = 6  # one step for all coefficients

DC_LENGTHS = (0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)
DC_VALUES = tuple(range(12))
AC_LENGTHS = (0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125)
AC_VALUES = tuple(bytes.fromhex(
    "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728"
    "292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a83848586878889"
    "8a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2"
    "e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"))


def make_inputs(folder: Path, rows: int, seed: int = 1) -> Path:
    """Writes images/0001.jpg ... and rows.jsonl into `folder` once; returns the path of rows.jsonl."""
    table = folder / "rows.jsonl"
    if table.exists():
        return table
    (folder / "images").mkdir(parents=True, exist_ok=True)
    patterns = _ac_patterns(random.Random(seed))
    lines = []
    for row in range(1, rows + 1):
        name = f"images/{row:04d}.jpg"
        (folder / name).write_bytes(_jpeg(random.Random(seed * 1_000_003 + row), patterns))
        lines.append(json.dumps({"image": name, "row": row}))
    partial = folder / "rows.jsonl.partial"
    partial.write_text("\n".join(lines) + "\n")
    os.replace(partial, table)
    return table


def make_folder(folder: Path, count: int, seed: int = 1) -> Path:
    """Writes `count` JPEGs of many sizes into `folder` once, about 89 kB each."""
    done = folder.with_suffix(".done")
    if done.exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    patterns = _ac_patterns(random.Random(seed))
    for number in range(count):
        rng = random.Random(seed * 1_000_003 + number)
        (folder / f"{number:06d}.jpg").write_bytes(_jpeg(rng, patterns, *rng.choice(SIZES)))
    done.touch()
    return folder


def image_bytes(rows_file: Path) -> int:
    """Bytes of all the pictures that rows.jsonl names."""
    return sum(path.stat().st_size for path in (rows_file.parent / "images").iterdir())


def _jpeg(rng: random.Random, patterns: list[list[str]], width: int = WIDTH, height: int = HEIGHT) -> bytes:
    bits = []
    light = [_smooth_field(rng, 110.0), _smooth_field(rng, 30.0), _smooth_field(rng, 30.0)]
    busy = _smooth_field(rng, 5.0)
    before = [0, 0, 0]
    for y in range(-(-height // 8)):
        for x in range(-(-width // 8)):
            level = min(LEVELS - 1, max(0, round(LEVELS / 2 + busy(x, y))))
            for plane in range(3):
                value = round(light[plane](x, y))
                bits.append(_dc_bits(value - before[plane]))
                before[plane] = value
                bits.append(rng.choice(patterns[level if plane == 0 else level // 8]))
    return _file("".join(bits), width, height)


def _smooth_field(rng: random.Random, amplitude: float):
    """A sum of five slow waves over the block grid, tabulated per axis: within +-amplitude."""
    waves = [(rng.uniform(-0.12, 0.12), rng.uniform(-0.12, 0.12), rng.uniform(0, 2 * math.pi)) for _ in range(5)]
    scale = amplitude / len(waves)
    return lambda x, y: scale * sum(math.cos(fx * x + fy * y + phase) for fx, fy, phase in waves)


def _ac_patterns(rng: random.Random) -> list[list[str]]:
    return [[_ac_bits(rng, (level + 1) / LEVELS) for _ in range(POOL)] for level in range(LEVELS)]


def _ac_bits(rng: random.Random, busyness: float) -> str:
    """One block's 63 coefficients as bits: Laplace-distributed, weaker towards high frequencies."""
    bits, zeros = [], 0
    for k in range(1, 64):
        strength = BUSYNESS * busyness / (1.0 + k) ** 0.9
        value = round(math.copysign(rng.expovariate(1.0 / strength), rng.random() - 0.5))
        value = max(-1023, min(1023, value))
        if value == 0:
            zeros += 1
            continue
        while zeros > 15:
            bits.append(AC_CODES[0xF0])
            zeros -= 16
        size = abs(value).bit_length()
        bits.append(AC_CODES[zeros << 4 | size] + _magnitude_bits(value, size))
        zeros = 0
    if zeros:
        bits.append(AC_CODES[0x00])
    return "".join(bits)


def _dc_bits(difference: int) -> str:
    size = abs(difference).bit_length()
    return DC_CODES[size] + (_magnitude_bits(difference, size) if size else "")


def _magnitude_bits(value: int, size: int) -> str:
    return format(value if value > 0 else value + (1 << size) - 1, f"0{size}b")


def _huffman_codes(lengths: tuple, values: tuple) -> dict[int, str]:
    """Canonical codes of a JPEG Huffman table (T.81, annex C)."""
    codes, code, at = {}, 0, 0
    for length, count in enumerate(lengths, start=1):
        for value in values[at:at + count]:
            codes[value] = format(code, f"0{length}b")
            code += 1
        at += count
        code <<= 1
    return codes


def _file(bits: str, width: int, height: int) -> bytes:
    bits += "1" * (-len(bits) % 8)
    scan = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")
    return b"".join((
        b"\xff\xd8",
        _segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
        _segment(0xDB, b"\x00" + bytes([QUANTISER]) * 64),
        _segment(0xC0, struct.pack(">BHHB", 8, height, width, 3) + b"\x01\x11\x00\x02\x11\x00\x03\x11\x00"),
        _segment(0xC4, b"\x00" + bytes(DC_LENGTHS) + bytes(DC_VALUES)),
        _segment(0xC4, b"\x10" + bytes(AC_LENGTHS) + bytes(AC_VALUES)),
        _segment(0xDA, b"\x03\x01\x00\x02\x00\x03\x00\x00\x3f\x00"),
        scan,
        b"\xff\xd9",
    ))


def _segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


DC_CODES = _huffman_codes(DC_LENGTHS, DC_VALUES)
AC_CODES = _huffman_codes(AC_LENGTHS, AC_VALUES)
