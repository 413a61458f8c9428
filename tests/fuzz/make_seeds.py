#!/usr/bin/env python3
"""Writes the seeds of the fuzzers, seeds/NAME/*: small sound inputs to start from."""
import os
import struct
import zlib

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "seeds")


def save(fuzzer, name, data):
    os.makedirs(os.path.join(here, fuzzer), exist_ok=True)
    with open(os.path.join(here, fuzzer, name), "wb") as out:
        out.write(data)


def journal(pairs, candidates, answers, text, order, end, confident=False, kaps=0):
    data = struct.pack("<II", 0x314A5347, 12 + len(text)) + text
    seed = zlib.crc32(data)
    data += struct.pack("<I", seed)
    for sequence, pair in enumerate(order):
        payload = bytes([0, 0]) + struct.pack("<%df" % (candidates + 3 * answers), *range(candidates + 3 * answers))
        if confident:
            payload += struct.pack("<%di" % (2 * answers), *range(2 * answers)) + struct.pack("<%df" % answers, *range(answers))
            payload += bytes(i % 2 for i in range(answers)) + bytes(4 * answers)
        if kaps:  # the largest similarity is the score
            scores = [candidates + 2 * answers + i for i in range(answers)]
            payload += struct.pack("<%df" % (2 * kaps * answers + answers + 2), *(2 * kaps * answers * [1]), *scores, 0, 99)
        record = struct.pack("<IQQQ", 0x50A7C35D, 32 + len(payload), sequence, pair) + payload
        data += record + struct.pack("<I", zlib.crc32(record, seed))
    if end:
        record = struct.pack("<IQQQ", 0x45A7C35D, 32, len(order), pairs)
        data += record + struct.pack("<I", zlib.crc32(record, seed))
    return bytes([pairs - 1, candidates - 1 + 128 * confident, answers - 1 + 64 * kaps]) + data


save("journal", "empty", bytes([1, 1, 1]))
save("journal", "whole", journal(3, 2, 2, b"geosc=0.1.0\nimd=squared\n", [0, 2, 1], True))
save("journal", "confident", journal(3, 1, 3, b"version=0.1.0\nmodel=none\nimd=squared\n", [2, 1], True, True))
save("journal", "kap", journal(3, 1, 3, b"version=0.1.0\nmodel=none\nimd=squared\n", [2, 1], True, False, 2))
own = b"version=0.1.0\nmodel=none\nimd=squared\nposes=none,hflip"  # with which fuzz_journal.c compares, but for its end
save("journal", "no-line-end", journal(2, 1, 1, own, [1], True))
save("journal", "same", journal(2, 1, 1, own + b"\n", [1], True))
save("journal", "zero-in-text", journal(2, 1, 1, own + b"\n\0a=b\n", [1], True))
save("journal", "part", journal(2, 1, 1, b"a=b\n", [1], False))
save("journal", "torn", journal(4, 2, 1, b"a=b\n", [0, 1, 2], False)[:-7])

chunk = bytes(range(96)) + bytes(24)
save("chunk", "plain", bytes([0, 3, len(chunk), 0, 0, 0]) + chunk)
save("chunk", "deflate", bytes([5, 3, len(chunk), 0, 1, 0]) + zlib.compress(chunk))
save("chunk", "shuffle-deflate", bytes([2, 3, len(chunk), 0, 0, 0]) + zlib.compress(chunk))
save("chunk", "fletcher32", bytes([3, 3, len(chunk), 0, 0, 0]) + zlib.compress(chunk))
save("chunk", "lzf", bytes([25 + 8, 3, len(chunk), 0, 0, 0]) + bytes([31]) + chunk[:32] + bytes([31]) + chunk[32:64] + bytes([31]) + chunk[64:96]
     + bytes([0, 0, 7 << 5, 14, 0]))
save("chunk", "lzf-round-trip", bytes([26, 3, len(chunk), 0, 0, 1]) + chunk)
# One block of 24 elements of 4 bytes, all LZ4's literals, and 24 bytes behind it.
block = bytes([0xf0, len(chunk) // 32 * 32 - 15]) + chunk[:96]
save("chunk", "bitshuffle", bytes([49 + 8, 3, 96, 0, 0, 0]) + struct.pack(">QII", 96, 96, len(block)) + block)
save("chunk", "bitshuffle-round-trip", bytes([50, 3, len(chunk), 0, 0, 1]) + chunk)
save("chunk", "bfloat16", bytes([0, 3, len(chunk), 0, 11 * 4, 0]) + chunk)
save("chunk", "float16-swapped", bytes([0, 3, len(chunk), 2, 0, 0]) + chunk)
save("chunk", "int64", bytes([0, 3, len(chunk), 24, 0, 0]) + chunk)
save("chunk", "round-trip", bytes([2, 3, len(chunk), 0, 0, 1]) + chunk)

block = """b.0.net.0.weight 3 4 1 1
b.0.net.3.weight 3 3 3 3
b.0.net.6.weight 4 3 1 1
""" + "".join("b.0.net.%d.%s %d\n" % (n, s, c) for n, c in ((1, 3), (4, 3), (7, 4))
              for s in ("weight", "bias", "running_mean", "running_var"))
save("model", "residual", block.encode())
save("model", "counter", ("b.0.net.1.num_batches_tracked\n" + block).encode())
save("model", "prefix", block.replace("b.0", "module.blocks.0").encode())


def aggregation(prefix, levels, depth=1, steps=1, side=1):
    lines = ["mixing_weights %d" % (len(levels) * steps), "logit_scale"]
    for level, number in ((level, number) for level in range(len(levels)) for number in range(depth)):
        width = 32 if number else levels[level]
        shapes = (("conv1", 32, width, side), ("conv2", 32, 32, 3), ("conv3", 32, 32, 1), ("shortcut", 32, width, 1))
        for name, outputs, inputs, size in shapes:
            key = "bottleneck_layers.%d.%d.%s" % (level, number, name)
            lines += ["%s.weight %d %d %d %d" % (key, outputs, inputs, size, size), "%s.norm.weight %d" % (key, outputs),
                      "%s.norm.bias %d" % (key, outputs)]
    return "".join(prefix + line + "\n" for line in lines).encode()


save("model", "aggregation", aggregation("", [4]))
save("model", "aggregation-levels", aggregation("module.", [1, 2]))
save("model", "aggregation-deep", aggregation("", [2], 2, 3, 3))

save("options", "match", b"\0in.h5\n-o\nout.h5\n--poses\nnone,hflip\n--imd=mutual\n-j4\n--memory=4G")
save("options", "eval", b"\1in.h5\nout.h5\n--alpha\n0.1,0.05\n--json")
save("options", "synth", b"\2-o\nx.h5\n--pairs\n3\n--dtype=f2\n--seed\n18446744073709551615")
save("options", "ends", b"\0--\n-o\n-qv\n--window=15\n--temperature\n1e-3")

save("options", "render", b"\3in.h5\nout.h5\n--pair=3\n-o\nx.png")
save("options", "many", b"\0in.h5\n-oout-%s.h5\n--shard=1/3\n--poses\nall\n--pose-source=stored\n--conv\nwinograd\n--isa=\n--force")


def slot(*choices):
    return bytes(choices).ljust(24, b"\0")


texts = 5 * slot()
plain, chunked = slot(), slot(0, 31)
save("output", "good", b"\0")
save("output", "dense", bytes([2, 3, 1]))
save("output", "confident", bytes([2, 3, 0, 8]))
save("output", "numbers", bytes([2, 3, 0, 11]) + texts + plain + 12 * chunked)
save("output", "kap", bytes([1, 2, 0, 64]))
save("output", "kap-alphas", bytes([1, 2, 0, 64]) + texts + plain + 10 * plain + slot(8))
save("output", "named", bytes([1, 1, 0, 19]))
save("output", "shard", bytes([2, 1, 0, 7]) + texts + slot(0, 0, 1, 0, 0, 1, 2, 1, 3, 1, 9))
save("output", "variable", bytes([1, 1, 0, 0]) + 5 * slot(254))
save("output", "undecided", bytes([0, 1, 0, 0]) + texts + plain + 2 * plain + slot(16, 1, 0, 0, 255) + slot(16, 1, 0, 0, 2))
save("output", "other-shape", bytes([1, 1, 0, 0]) + texts + plain + plain + slot(1, 1, 7))
# In hloc's form: pairs, matches, (rank), parts; attributes; then for each pair its place and datasets, what is beside them, and the checksum.
save("output", "hloc", bytes([2, 1, 0, 32]))
save("output", "hloc-confident", bytes([3, 4, 0, 40]) + texts + plain + bytes([4]) + 5 * plain + bytes([3]) + 5 * chunked)
save("output", "hloc-none", bytes([1, 0, 0, 96]) + texts + plain + bytes([7]))
save("output", "hloc-more", bytes([0, 2, 0, 32]) + texts + plain + bytes([1]) + 3 * plain + slot(33))
save("output", "hloc-types", bytes([0, 2, 0, 40]) + texts + plain + bytes([1]) + slot(4, 2) + slot(1, 1, 3) + slot(2, 1) + 2 * plain)
without = 2 * plain + slot(8) + plain + slot(8)
save("output", "hloc-mixed", bytes([1, 2, 0, 40]) + texts + plain + bytes([1]) + without + bytes([3]) + 5 * plain)
save("output", "hloc-less", bytes([0, 2, 0, 40]) + texts + plain + bytes([0]) + without)  # as a run without confidence has it
save("output", "hloc-rows", bytes([0, 2, 0, 32]) + texts + plain + bytes([0]) + 3 * slot(1, 0, 5))  # other rows than said, but all alike
save("output", "hloc-checksum", bytes([0, 2, 0, 32]) + texts + plain + bytes([1]) + 4 * plain + slot(1))


# A heap of two strings at byte 0 of the harness's part of the file, and references to them.
def strings(references, objects, size):
    heap = b""
    for number, text in objects:
        heap += struct.pack("<HHIQ", number, 1, 0, len(text)) + text.ljust((len(text) + 7) // 8 * 8, b"\0")
    heap = b"GCOL\1\0\0\0" + struct.pack("<Q", size or 16 + len(heap)) + heap
    return bytes([len(references)]) + b"".join(struct.pack("<HHI", *r) for r in references) + heap


two = [(1, b"left"), (2, b"right paw")]
save("strings", "two", strings([(4, 1, 8), (9, 2, 8)], two, 0))
save("strings", "empty-and-again", strings([(0, 0, 0), (9, 2, 8), (3, 1, 8), (2, 2, 8)], two, 0))
save("strings", "free-space", strings([(4, 1, 8)], two[:1] + [(0, b"")], 64))
save("strings", "far", strings([(4, 1, 0x80000001), (4, 1, 8)], two, 0))
