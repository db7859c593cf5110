"""Reads a segment of history, written from docs/formats/segment.md and docs/formats/coding.md alone.

It shares nothing with the program, not even a checksum: what the two agree on is what the pages say.
"""

import math
import struct
from dataclasses import dataclass, field

MASK = (1 << 64) - 1
VECTOR = 1024
PIECE = 16384
LANES = 16


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


CRC_TABLE = _crc_table()


def signed(value):
    return value - (1 << 64) if value >> 63 else value


def bits_of(value):
    return value.bit_length()


class Reader:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def take(self, count):
        if self.at + count > len(self.data):
            raise ValueError(f"{count} bytes at {self.at} go beyond the end, {len(self.data)}")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.number("B")
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def zigzag(self):
        value = self.varint()
        return ((value >> 1) ^ -(value & 1)) & MASK

    def bits(self, count):
        return Bits(self.take((count + 7) // 8))


class Bits:
    """A stream of bits, the lowest of each byte first."""

    def __init__(self, data):
        self.value, self.at, self.size = int.from_bytes(data, "little"), 0, len(data) * 8

    def get(self, width):
        value = (self.value >> self.at) & ((1 << width) - 1)
        self.at += width
        return value


def unpack(reader, count, width):
    data = reader.take((count * width + 7) // 8)
    if count < VECTOR:
        stream = Bits(data)
        return [stream.get(width) for _ in range(count)]
    words = struct.unpack(f"<{len(data) // 8}Q", data)
    values = [0] * count
    for lane in range(LANES):
        stream = sum(words[row * LANES + lane] << (64 * row) for row in range(width))
        for row in range(count // LANES):
            values[row * LANES + lane] = (stream >> (row * width)) & ((1 << width) - 1)
    return values


def frame(reader, count):
    base, width = reader.zigzag(), reader.number("B")
    return [(base + value) & MASK for value in unpack(reader, count, width)]


def runs(reader, count):
    number = reader.varint()
    values, lengths = frame(reader, number), frame(reader, number)
    assert sum(lengths) == count
    return [value for value, length in zip(values, lengths) for _ in range(length)]


def vector(reader, count):
    form = reader.number("B")
    if form == 0:
        return [reader.zigzag()] * count
    if form == 1:
        return frame(reader, count)
    if form in (2, 5):
        values = [reader.zigzag()]
        for difference in (frame if form == 2 else runs)(reader, count)[1:]:
            values.append((values[-1] + difference) & MASK)
        return values
    if form == 3:
        return runs(reader, count)
    if form == 4:
        entries = frame(reader, reader.varint())
        return [entries[index] for index in unpack(reader, count, bits_of(len(entries) - 1))]
    raise ValueError(f"vector form {form}")


def spread(weights, log):
    size = 1 << log
    table, at = [0] * size, 0
    for symbol, weight in enumerate(weights):
        for _ in range(weight):
            table[at] = symbol
            at = (at + size // 2 + size // 8 + 3) % size
    return table


def symbols_of(stream, weights, log, count):
    symbols, next_state = spread(weights, log), list(weights)
    moves = []
    for symbol in symbols:
        state = next_state[symbol]
        next_state[symbol] += 1
        width = log + 1 - bits_of(state)
        moves.append((width, (state << width) - (1 << log)))
    states = [stream.get(log) for _ in range(4)]
    out = []
    for i in range(count):
        entry = states[i % 4]
        out.append(symbols[entry])
        width, base = moves[entry]
        states[i % 4] = base + stream.get(width)
    return out


def entropy(reader, count):
    base, divisor, order = reader.zigzag(), reader.varint(), reader.number("B")
    starts = [reader.zigzag() for _ in range(order)]
    bins, log, lower, gap = reader.varint(), reader.number("B"), reader.zigzag(), reader.number("B")
    table = reader.bits(bins * (7 + log) + (bins - 1) * gap)
    lowers, widths, weights = [], [], []
    for i in range(bins):
        lower = (lower + (table.get(gap) if i else 0)) & MASK
        lowers.append(lower)
        widths.append(table.get(7))
        weights.append(table.get(log) + 1)
    assert sum(weights) == 1 << log
    stream = Bits(reader.take(reader.varint()))
    rest = count - order
    symbols = [0] * rest if bins == 1 else symbols_of(stream, weights, log, rest)
    offsets = reader.bits(sum(widths[symbol] for symbol in symbols))
    values = [(lowers[symbol] + offsets.get(widths[symbol])) & MASK for symbol in symbols]
    for start in reversed(starts):
        sums = [start]
        for value in values:
            sums.append((sums[-1] + value) & MASK)
        values = sums
    return [(base + divisor * value) & MASK for value in values]


def run(reader, count):
    form = reader.number("B")
    if form == 0:
        values = []
        while len(values) < count:
            values += vector(reader, min(VECTOR, count - len(values)))
        return values
    if form == 1:
        return entropy(reader, count)
    if form == 2:
        first, step = reader.zigzag(), reader.zigzag()
        return [(first + i * step) & MASK for i in range(count)]
    raise ValueError(f"run form {form}")


def double_of(word):
    return struct.unpack("<d", struct.pack("<Q", word))[0]


def bits_of_double(value):
    return struct.unpack("<Q", struct.pack("<d", value))[0]


def widen(bits):
    return bits_of_double(struct.unpack("<f", struct.pack("<I", bits))[0])


def to_single(value):
    try:
        return struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def exceptions(reader, words):
    count = reader.varint()
    if count:
        places, bits = run(reader, count), run(reader, count)
        for place, word in zip(places, bits):
            words[place] = word
    return words


def corrected(reader, words):
    if reader.number("B"):
        words = [(word + correction) & MASK for word, correction in zip(words, run(reader, len(words)))]
    return exceptions(reader, words)


def floats(reader, count):
    """The bits of doubles."""
    form = reader.number("B")
    if form == 0:
        return [word ^ (MASK >> 1) if word >> 63 else word for word in run(reader, count)]
    if form == 1:
        low = [word & 0xFFFFFFFF for word in run(reader, count)]
        return exceptions(reader, [widen(word ^ 0x7FFFFFFF if word >> 31 else word) for word in low])
    if form == 2:
        exponent, factor = reader.number("B"), reader.number("B")
        inverse = float(f"1e-{exponent}")
        scaled = [signed(n * 10**factor & MASK) for n in run(reader, count)]
        return corrected(reader, [bits_of_double(float(n) * inverse) for n in scaled])
    if form == 3:
        inverse = float(f"1e-{reader.number('B')}")
        words = [bits_of_double(to_single(float(signed(n)) * inverse)) for n in run(reader, count)]
        return corrected(reader, words)
    if form == 4:
        width = reader.number("B")
        high, low = run(reader, count), run(reader, count)
        return [(left << width | right) & MASK for left, right in zip(high, low)]
    raise ValueError(f"float form {form}")


def text_bytes(reader):
    size = reader.varint()
    if size == 0:
        return b""
    if reader.number("B") == 0:
        return reader.take(size)
    import zstandard

    data = zstandard.ZstdDecompressor().decompress(reader.take(reader.varint()))
    assert len(data) == size
    return data


def plain_texts(reader, count):
    lengths = run(reader, count)
    data, at, all_texts = text_bytes(reader), 0, []
    for length in lengths:
        all_texts.append(data[at : at + length].decode())
        at += length
    assert at == len(data)
    return all_texts


def texts(reader, count):
    form = reader.number("B")
    if form == 0:
        return plain_texts(reader, count)
    distinct = plain_texts(reader, reader.varint())
    return [distinct[number] for number in run(reader, count)]


@dataclass
class Signal:
    number: int
    type: int
    name: str
    unit: str
    rows: list = field(default_factory=list)  # (time, value as bits or text, quality, arrival)
    tiles: list = field(default_factory=list)  # dicts of the columns' names, with "level"
    named_stamps: int = 0  # chunks whose stamps are in another's
    until: int | None = None  # of an archive


def stamps_of(reader, first, count):
    """Times and arrivals."""
    times = [first + signed(passed) for passed in run(reader, count)]
    return times, arrivals_of(reader, count)


def arrivals_of(reader, count):
    return [signed(whole) * 1_000_000 + rest for whole, rest in zip(run(reader, count), run(reader, count))]


def chunk(data, at, length):
    """The signal and the rows of the chunk of `length` bytes at `at` of a file, and whether its stamps are in another."""
    whole = data[at : at + length]
    crc, said = struct.unpack_from("<II", whole)
    assert said == length == len(whole) and crc == crc32c(whole[4:]), "a chunk is damaged"
    reader = Reader(whole, 8)
    signal, _, count = reader.varint(), reader.varint(), reader.varint()
    layout, kind = divmod(reader.number("B"), 16)
    assert layout in (0, 1, 2)
    first = signed(reader.zigzag())
    stamps = reader
    if layout == 0:
        times = [first + signed(passed) for passed in run(reader, count)]
    elif layout == 2:
        distance, length, crc = reader.varint(), reader.varint(), reader.number("I")
        assert 1 <= length <= 2**20 and length <= distance <= at - 64
        named = data[at - distance : at - distance + length]
        assert crc == crc32c(named), "the stamps of a chunk are damaged"
        stamps = Reader(named)
    values = {1: floats, 2: run, 3: run, 4: texts}[kind](reader, count)
    qualities = run(reader, count)
    if layout == 0:
        arrivals = arrivals_of(reader, count)
    else:
        times, arrivals = stamps_of(stamps, first, count)
    assert reader.at == len(whole) and stamps.at == len(stamps.data)
    assert times[0] == first and times == sorted(times)
    return signal, list(zip(times, values, qualities, arrivals)), layout == 2


TILE_LENGTHS = [60 * 10**9, 600 * 10**9, 3600 * 10**9, 86_400 * 10**9, 21_600 * 10**9]


def tiles(data):
    """The signal and the tiles of a block, with all times and integrals as they are meant."""
    crc, length = struct.unpack_from("<II", data)
    assert length == len(data) + 2**31 and crc == crc32c(data[4:]), "a block of tiles is damaged"
    reader = Reader(data, 8)
    signal, level, kind, count = reader.varint(), reader.number("B"), reader.number("B"), reader.varint()
    columns = {}

    def read(*names, form=run):
        for name in names:
            columns[name] = form(reader, count)

    values = floats if kind == 1 else run
    read("slot", "first", "last", "count", "unusable", "uncertain")
    for point in ("first", "last", "min", "max"):
        read(f"{point}_value", form=values)
        read(f"{point}_quality")
    read("min_time", "max_time", "worst")
    for point in ("first_usable", "last_usable"):
        read(f"{point}_time", f"{point}_value", f"{point}_quality")
    if kind == 1:
        read("sum", form=floats)
    else:
        read("sum", "sum_high")
    read("squares", form=floats)
    read("transitions", "not_usable", "zero", "stepped", "linear")
    assert reader.at == len(data)
    return signal, [meant(dict(zip(columns, row)), level, kind) for row in zip(*columns.values())]


def meant(tile, level, kind):
    def number(word):
        return double_of(word) if kind == 1 else float(signed(word)) if kind != 4 else 0.0

    tile["level"] = level
    tile["first"] += signed(tile["slot"]) * TILE_LENGTHS[level]
    tile["last"] += tile["first"]
    for point in ("min", "max"):
        tile[f"{point}_time"] = tile["first"] + signed(tile[f"{point}_time"])
    for point, beside in (("first_usable", "first"), ("last_usable", "last")):
        tile[f"{point}_time"] = tile[beside] + signed(tile[f"{point}_time"])
        tile[f"{point}_value"] ^= tile[f"{beside}_value"]
        tile[f"{point}_quality"] ^= tile[f"{beside}_quality"]
    tile["sum"] = double_of(tile["sum"]) if kind == 1 else tile["sum"] + (signed(tile.pop("sum_high")) << 64)
    tile["squares"] = double_of(tile["squares"])
    stepped = linear = 0.0
    if tile["count"] > 1 and tile["unusable"] < tile["count"]:
        first, last = number(tile["first_usable_value"]), number(tile["last_usable_value"])
        step = (tile["last"] - tile["first"]) * 1e-9 / (tile["count"] - 1)
        stepped = (float(tile["sum"]) - last) * step
        linear = ((float(tile["sum"]) - last) + (last - first) * 0.5) * step
    for name, expected in (("stepped", stepped), ("linear", linear)):
        expected = expected if math.isfinite(expected) else 0.0
        tile[name] = double_of((bits_of_double(expected) + tile[name]) % 2**64)
    return tile


def pieces(read, reader, count):
    values = []
    while len(values) < count:
        values += read(reader, min(PIECE, count - len(values)))
    return values


def read_segment(data):
    """All signals of a segment file's bytes, in order, with their rows."""
    magic, version, crc = struct.unpack_from("<8sII", data)
    assert magic == b"ARTSEG1\n" and version in (2, 3, 4, 5) and crc == crc32c(data[8:12] + data[16:64]), "the header is damaged"
    end = data[-32:]
    magic, version, crc, footer_at, footer_bytes = struct.unpack("<8sIIQQ", end)
    assert magic == b"ARTEND1\n" and version in (2, 3, 4, 5) and crc == crc32c(end[8:12] + end[16:]), "the trailer is damaged"
    footer = data[footer_at : footer_at + footer_bytes]
    magic, crc, length = struct.unpack_from("<4sIQ", footer)
    assert magic == b"AFTR" and length == len(footer) and crc == crc32c(footer[8:]), "the footer is damaged"

    reader = Reader(footer, 16)
    signals, chunks, rows = reader.varint(), reader.varint(), reader.varint()
    lengths, counts = pieces(run, reader, chunks), pieces(run, reader, chunks)
    firsts, durations = pieces(run, reader, chunks), pieces(run, reader, chunks)
    numbers, first_chunks = pieces(run, reader, signals), pieces(run, reader, signals)
    types = pieces(run, reader, signals)
    names, units = pieces(texts, reader, signals), pieces(texts, reader, signals)
    assert sum(counts) == rows
    blocks = reader.varint() if version >= 3 else 0
    places = [pieces(run, reader, blocks) for _ in range(5)]  # bytes, tiles, level, first, duration
    blocks_of = pieces(run, reader, signals) if blocks else [0] * signals
    untils = pieces(run, reader, signals) if reader.at < len(footer) else []  # of an archive
    assert reader.at == len(footer)

    found = [Signal(*of) for of in zip(numbers, types, names, units)]
    for one, until in zip(found, untils):
        one.until = signed(until)
    at, block = 64, 0
    for which, one in enumerate(found):
        for i in range(first_chunks[which], first_chunks[which + 1] if which + 1 < signals else chunks):
            number, its_rows, are_named = chunk(data, at, lengths[i])
            one.named_stamps += are_named
            assert number == one.number and len(its_rows) == counts[i]
            assert its_rows[0][0] == signed(firsts[i]) and its_rows[-1][0] - its_rows[0][0] == durations[i]
            one.rows += its_rows
            at += lengths[i]
        for _ in range(blocks_of[which]):
            size, count, level, first, duration = (column[block] for column in places)
            number, its_tiles = tiles(data[at : at + size])
            assert number == one.number and len(its_tiles) == count and its_tiles[0]["level"] == level
            assert its_tiles[0]["first"] == signed(first) and its_tiles[-1]["last"] - its_tiles[0]["first"] == duration
            one.tiles += its_tiles
            at += size
            block += 1
    assert at == footer_at
    return found
