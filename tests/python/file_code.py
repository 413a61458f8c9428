"""Files of tensors written byte by byte, so that they can hold what PyTorch and NumPy never write."""

import json
import pickle
import struct
import zlib


# ---- pickles: the code of a value -----------------------------------------------------------------------


def number(value):
    return pickle.dumps(value, 2)[2:-1]


def text(value):
    data = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(data)) + data


def name(module, symbol):
    return f"c{module}\n{symbol}\n".encode()


def group(*items):
    return b"(" + b"".join(items) + b"t"


def sequence(*items):
    return b"](" + b"".join(items) + b"e"


def mapping(**pairs):
    return b"}(" + b"".join(text(key) + value for key, value in pairs.items()) + b"u"


def call(maker, *arguments):
    return maker + group(*arguments) + b"R"


def made(maker, state):
    return maker + b")\x81" + state + b"b"


def numbers(values):
    return group(*map(number, values))


def storage(kind="FloatStorage", key="0", count=4):
    return group(text("storage"), name("torch", kind), text(key), text("cpu"), number(count)) + b"Q"


def tensor(size=(4,), stride=(1,), offset=0, **where):
    """A tensor; `where` as storage takes it."""
    return call(name("torch._utils", "_rebuild_tensor_v2"), storage(**where), number(offset), numbers(size), numbers(stride), b"\x89",
                call(name("collections", "OrderedDict")))


def whole(code, protocol=2):
    return b"\x80" + bytes([protocol]) + code + b"."


# ---- files ----------------------------------------------------------------------------------------------


class Member:
    """Of a zip archive; what isn't given is as it should be."""

    def __init__(self, member, data, deflate=False, **fields):
        self.name, self.data, self.deflate, self.fields = member, data, deflate, fields


def zip_file(members, comment=b"", **fields):
    """A zip archive of Members. Fields overwrite what the directory says: method, crc, packed, size, offset, of a member; count, bytes, at,
    of the whole."""
    out, directory = b"", b""
    for member in members:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(member.data) + packer.flush() if member.deflate else member.data
        facts = dict(flags=0, method=8 * member.deflate, crc=zlib.crc32(member.data), packed=len(packed), size=len(member.data), offset=len(out))
        facts.update(member.fields)
        encoded = member.name.encode("utf-8", "surrogateescape")
        middle = struct.pack("<HHIIII", facts["flags"], facts["method"], 0, facts["crc"], facts["packed"], facts["size"])
        lengths = struct.pack("<HH", len(encoded), 0)
        out += b"PK\3\4" + struct.pack("<H", 20) + middle + lengths + encoded + packed
        directory += (b"PK\1\2" + struct.pack("<HH", 20, 20) + middle + lengths + bytes(10) + struct.pack("<I", facts["offset"]) + encoded)
    facts = dict(count=len(members), bytes=len(directory), at=len(out))
    facts.update(fields)
    return out + directory + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, facts["count"], facts["count"], facts["bytes"], facts["at"],
                                                     len(comment)) + comment


def torch_file(code, storages=(), folder="archive/", protocol=2):
    """As PyTorch writes since 1.6: the code of a value, and (key, bytes) of each storage."""
    members = [Member(folder + "data.pkl", whole(code, protocol))] + [Member(f"{folder}data/{key}", data) for key, data in storages]
    return zip_file(members + [Member(folder + "version", b"3\n")])


def legacy_pickles(code, keys):
    facts = mapping(protocol_version=number(1001), little_endian=b"\x88", type_sizes=mapping(short=number(2)))
    return [whole(part) for part in (number(0x1950A86A20F9469CFC6C), number(1001), facts, code, sequence(*map(text, keys)))]


def legacy_file(code, storages=()):
    """As PyTorch wrote before 1.6: (key, count, bytes) of each storage."""
    pickles = b"".join(legacy_pickles(code, [key for key, *_ in storages]))
    return pickles + b"".join(struct.pack("<q", count) + data for _, count, data in storages)


def npy_file(descr="'<f4'", shape="(2, 3)", data=bytes(24), fortran="False", version=1):
    header = f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(header)) + header + data


def safetensors_file(header, data=b""):
    if not isinstance(header, bytes):
        header = json.dumps(header).encode()
    return struct.pack("<Q", len(header)) + header + data
