"""Zip archives as PyTorch and NumPy write them: members one after the other, each listed once, stored or deflated.

Only the directory at the end counts. Members that overlap, are listed twice or reach beyond the file are refused, so that no byte of the
file is read twice. A member must decompress to the size that the directory gives; its reader first checks that there is room for it.
"""

import struct
import zlib

from . import ImportFailure
from .text import printable

END, END64, LOCATOR, ENTRY, LOCAL = b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\1\2", b"PK\3\4"
END_BYTES, END64_BYTES, LOCATOR_BYTES, ENTRY_BYTES, LOCAL_BYTES = 22, 56, 20, 46, 30
LONGEST_COMMENT = 65535
MOST_MEMBERS = 1 << 17
STORED, DEFLATED = 0, 8
ENCRYPTED = 1  # of the flags
ALL16, ALL32 = 0xFFFF, 0xFFFFFFFF  # the zip64 record has the value
DENSEST = 1032  # deflate's largest compression ratio


class Member:
    __slots__ = ("name", "flags", "method", "crc", "packed", "size", "offset", "limit")


def damage(what="its directory is incomplete"):
    return ImportFailure(f"is damaged, or not a zip archive: {what}")


def zip64_fields(extra, wanted):
    """The first `wanted` numbers of the zip64 record of an entry's extra fields."""
    at = 0
    while at + 4 <= len(extra):
        kind, count = struct.unpack_from("<HH", extra, at)
        if kind == 1 and count >= 8 * wanted and at + 4 + count <= len(extra):
            return list(struct.unpack_from(f"<{wanted}Q", extra, at + 4))
        at += 4 + count
    raise damage()


def find_directory(source):
    """(offset, bytes, number of entries)."""
    length = min(source.size, END_BYTES + LONGEST_COMMENT)
    tail = source.at(source.size - length, length)
    at = tail.rfind(END)
    if at < 0 or at + END_BYTES > length:
        raise damage("it has no directory, so it may be cut off")
    _, _, _, count, size, offset = struct.unpack_from("<HHHHII", tail, at + 4)
    end = source.size - length + at
    if count == ALL16 or size == ALL32 or offset == ALL32:
        if end >= LOCATOR_BYTES and source.at(end - LOCATOR_BYTES, 4) == LOCATOR:
            (end,) = struct.unpack("<Q", source.at(end - LOCATOR_BYTES + 8, 8))
            record = source.at(end, END64_BYTES)
            if not record.startswith(END64):
                raise damage()
            _, count, size, offset = struct.unpack_from("<QQQQ", record, 24)
    if offset > end or size > end - offset or count > size // ENTRY_BYTES:
        raise damage()
    if count > MOST_MEMBERS:
        raise ImportFailure(f"is a zip archive of more than {MOST_MEMBERS} members, the most allowed")
    return offset, size, count


def read_entry(directory, at):
    """(member, offset of the next entry)."""
    if directory[at : at + 4] != ENTRY or at + ENTRY_BYTES > len(directory):
        raise damage()
    member = Member()
    member.flags, member.method = struct.unpack_from("<HH", directory, at + 8)
    member.crc, member.packed, member.size = struct.unpack_from("<III", directory, at + 16)
    name, extra, comment = struct.unpack_from("<HHH", directory, at + 28)
    (member.offset,) = struct.unpack_from("<I", directory, at + 42)
    behind = at + ENTRY_BYTES
    if behind + name + extra + comment > len(directory):
        raise damage()
    member.name = directory[behind : behind + name].decode("utf-8", "surrogateescape")
    large = [field for field in ("size", "packed", "offset") if getattr(member, field) == ALL32]
    if large:
        for field, value in zip(large, zip64_fields(directory[behind + name : behind + name + extra], len(large))):
            setattr(member, field, value)
    return member, behind + name + extra + comment


class Archive:
    def __init__(self, source):
        self.source, self.members = source, {}
        offset, size, count = find_directory(source)
        directory, at = source.at(offset, size), 0
        for _ in range(count):
            member, at = read_entry(directory, at)
            if member.name in self.members:
                raise damage(f"it has {printable(member.name, 60)} twice")
            self.members[member.name] = member
        following = offset
        for member in sorted(self.members.values(), key=lambda member: member.offset, reverse=True):
            member.limit, following = following, member.offset
            if member.offset > member.limit or member.limit - member.offset < LOCAL_BYTES + member.packed:
                raise damage(f"{printable(member.name, 60)} overlaps with the next member")

    def place(self, name):
        """(offset, number) of a member's bytes in the file."""
        member = self.members.get(name)
        if member is None:
            raise ImportFailure(f"is damaged: it has no {printable(name, 60)}")
        local = self.source.at(member.offset, LOCAL_BYTES)
        lengths = struct.unpack_from("<HH", local, 26)
        offset = member.offset + LOCAL_BYTES + sum(lengths)
        if not local.startswith(LOCAL) or member.flags & ENCRYPTED or offset + member.packed > member.limit:
            raise damage(f"{printable(name, 60)} is encrypted, or not where the directory says")
        return offset, member.packed

    def stored(self, name):
        """As place, for a member that must not be compressed."""
        member = self.members.get(name)
        if member is not None and (member.method != STORED or member.packed != member.size):
            raise ImportFailure(f"{printable(name, 60)} is compressed, which PyTorch never does")
        return self.place(name)

    def check(self, name, data):
        if zlib.crc32(data) != self.members[name].crc:
            raise ImportFailure(f"is damaged: the checksum of {printable(name, 60)} is wrong")
        return data

    def read_stored(self, name):
        return self.check(name, self.source.at(*self.stored(name)))

    def read(self, name, most=None):
        """The member's bytes; or the first `most` of them, whose checksum is not checked."""
        offset, packed = self.place(name)
        member = self.members[name]
        if member.method not in (STORED, DEFLATED) or (member.method == STORED and packed != member.size):
            raise ImportFailure(f"{printable(name, 60)} is compressed by an unknown method")
        if most is not None:
            packed = min(packed, most + 1024)
        data = self.source.at(offset, packed)
        if member.method == DEFLATED:
            if member.size > (member.packed + 16) * DENSEST:
                raise damage(f"{printable(name, 60)} is too short for its size")
            data = inflate(data, member.size + 1 if most is None else most)
        if most is not None:
            return data[:most]
        if len(data) != member.size:
            raise damage(f"{printable(name, 60)} has another size than the directory says")
        return self.check(name, data)


def inflate(data, most):
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, most)
    except zlib.error as error:
        raise ImportFailure(f"is damaged: {error}") from None
