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


def journal(pairs, candidates, answers, text, order, end):
    data = struct.pack("<II", 0x314A5347, 12 + len(text)) + text
    seed = zlib.crc32(data)
    data += struct.pack("<I", seed)
    for sequence, pair in enumerate(order):
        payload = bytes([0, 0]) + struct.pack("<%df" % (candidates + 3 * answers), *range(candidates + 3 * answers))
        record = struct.pack("<IQQQ", 0x50A7C35D, 32 + len(payload), sequence, pair) + payload
        data += record + struct.pack("<I", zlib.crc32(record, seed))
    if end:
        record = struct.pack("<IQQQ", 0x45A7C35D, 32, len(order), pairs)
        data += record + struct.pack("<I", zlib.crc32(record, seed))
    return bytes([pairs - 1, candidates - 1, answers - 1]) + data


save("journal", "empty", bytes([1, 1, 1]))
save("journal", "whole", journal(3, 2, 2, b"geosc=0.1.0\nimd=squared\n", [0, 2, 1], True))
save("journal", "part", journal(2, 1, 1, b"a=b\n", [1], False))
save("journal", "torn", journal(4, 2, 1, b"a=b\n", [0, 1, 2], False)[:-7])

chunk = bytes(range(96)) + bytes(24)
save("chunk", "plain", bytes([0, 3, len(chunk), 0, 0, 0]) + chunk)
save("chunk", "deflate", bytes([5, 3, len(chunk), 0, 1, 0]) + zlib.compress(chunk))
save("chunk", "shuffle-deflate", bytes([2, 3, len(chunk), 0, 0, 0]) + zlib.compress(chunk))
save("chunk", "round-trip", bytes([2, 3, len(chunk), 0, 0, 1]) + chunk)

block = """b.0.net.0.weight 3 4 1 1
b.0.net.3.weight 3 3 3 3
b.0.net.6.weight 4 3 1 1
""" + "".join("b.0.net.%d.%s %d\n" % (n, s, c) for n, c in ((1, 3), (4, 3), (7, 4))
              for s in ("weight", "bias", "running_mean", "running_var"))
save("model", "residual", block.encode())
save("model", "counter", ("b.0.net.1.num_batches_tracked\n" + block).encode())
save("model", "prefix", block.replace("b.0", "module.blocks.0").encode())
save("model", "aggregation", b"""mixing_weights 2
bottleneck_layers.0.0.conv1.weight 32 4 1 1
bottleneck_layers.0.0.conv1.norm.weight 32
bottleneck_layers.0.0.conv1.norm.bias 32
logit_scale
""")

save("options", "match", b"\0in.h5\n-o\nout.h5\n--poses\nnone,hflip\n--imd=mutual\n-j4\n--memory=4G")
save("options", "eval", b"\1in.h5\nout.h5\n--alpha\n0.1,0.05\n--json")
save("options", "synth", b"\2-o\nx.h5\n--pairs\n3\n--dtype=f2\n--seed\n18446744073709551615")
save("options", "ends", b"\0--\n-o\n-qv\n--window=15\n--temperature\n1e-3")

save("output", "good", b"\0")
save("output", "dense", bytes([2, 3, 1]))
save("output", "other-shape", bytes(30) + bytes([1, 1, 7]))
