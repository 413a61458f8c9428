"""The contents of a pickle as inert values.

A pickle is a program. This reader does not run it: a name stays a name (Name); a call, an object and its state become an Object. Nothing is
imported or called, and nothing outside the result changes. Memory is in proportion to the bytes read: no length, index or size in a file
counts before as many bytes have been read.
"""

import re
import struct

from . import ImportFailure

MOST_INSTRUCTIONS = 2_000_000  # each takes less than 300 bytes; a tensor has about 50
LONGEST_LINE = 1024  # of a text instruction
LONGEST_TEXT = 65536  # a longer text cannot be a name
LONGEST_NAME = 512
LONGEST_INTEGER = 64  # bytes


class Name:
    """A class or function that a pickle names."""

    __slots__ = ("module", "name")

    def __init__(self, module, name):
        self.module, self.name = module, name

    def __str__(self):
        return f"{self.module}.{self.name}"


class Object:
    """The result of a call: the Name of its maker (None if that is no name), the arguments, and contents added later."""

    __slots__ = ("maker", "arguments", "pairs", "parts", "state")

    def __init__(self, maker, arguments=(), pairs=None, parts=None):
        self.maker, self.arguments, self.pairs, self.parts, self.state = maker, arguments, pairs, parts, None


class Persistent:
    """A reference to data outside the pickle: a storage."""

    __slots__ = ("identity",)

    def __init__(self, identity):
        self.identity = identity


DICT, LIST, SET, FROZENSET = (Name("builtins", name) for name in ("dict", "list", "set", "frozenset"))
BYTES, TEXT, INTEGER = (Object(Name("builtins", name)) for name in ("bytes", "str", "int"))  # stand for values that are not needed
MARK = object()


class Stream:
    """The next `left` bytes of a file; never reads beyond them."""

    def __init__(self, file, left):
        self.file, self.left = file, left

    def take(self, count):
        data = self.file.read(count) if count <= self.left else b""
        if len(data) < count:
            raise ImportFailure("is damaged: it ends in the middle of a pickle")
        self.left -= count
        return data

    def skip(self, count):
        if count > self.left:
            raise ImportFailure("is damaged: it ends in the middle of a pickle")
        self.file.seek(count, 1)
        self.left -= count

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def line(self):
        data = self.file.readline(min(LONGEST_LINE, self.left))
        if not data.endswith(b"\n"):
            raise ImportFailure("is damaged: a line of a pickle has no end")
        self.left -= len(data)
        return data[:-1]

    def text_line(self):
        return self.line().decode("utf-8", "surrogateescape")


class Damage(ImportFailure):
    def __init__(self, what):
        super().__init__(f"is damaged: a pickle {what}")


class Reader:
    def __init__(self, stream):
        self.stream, self.stack, self.memo, self.references = stream, [], {}, []
        self.outer = []  # stacks below each mark

    def read(self):
        take, table = self.stream.take, TABLE
        for _ in range(MOST_INSTRUCTIONS):
            code = take(1)
            if code == b".":
                break
            instruction = table.get(code)
            if instruction is None:
                raise Damage(f"has an unknown instruction, {code!r}")
            instruction(self)
        else:
            raise ImportFailure(f"has a pickle of more than {MOST_INSTRUCTIONS} instructions, the most allowed")
        if len(self.stack) != 1 or self.outer:
            raise Damage("ends with an incomplete value")
        return self.stack[0]

    # ---- the stack

    def push(self, value):
        self.stack.append(value)

    def pop(self):
        if not self.stack:
            raise Damage("takes a value from an empty stack")
        return self.stack.pop()

    def top(self):
        if not self.stack:
            raise Damage("takes a value from an empty stack")
        return self.stack[-1]

    def mark(self):
        self.outer.append(self.stack)
        self.stack = []

    def pop_mark(self):
        if not self.outer:
            raise Damage("lacks a mark")
        values, self.stack = self.stack, self.outer.pop()
        return values

    def top_object(self):
        value = self.top()
        if not isinstance(value, Object) or value in (BYTES, TEXT, INTEGER):
            raise Damage("adds contents to a plain value")
        return value

    def put(self, number):
        self.memo[number] = self.top()

    def get(self, number):
        if number not in self.memo:
            raise Damage("refers to a value that it has not stored")
        self.push(self.memo[number])

    # ---- numbers and text

    def integer_line(self):
        line = self.stream.line()
        if not re.fullmatch(rb"[+-]?[0-9]{1,20}L?", line):
            raise Damage("has an invalid number")
        return int(line.rstrip(b"L"))

    def int_line(self):
        line = self.stream.line()
        if line in (b"00", b"01"):
            self.push(line == b"01")
        elif re.fullmatch(rb"[+-]?[0-9]{1,20}L?", line):
            self.push(int(line.rstrip(b"L")))
        elif re.fullmatch(rb"[+-]?[0-9]+L?", line):
            self.push(INTEGER)
        else:
            raise Damage("has an invalid number")

    def float_line(self):
        try:
            self.push(float(self.stream.line()))
        except ValueError:
            raise Damage("has an invalid number") from None

    def long(self, form):
        count = self.stream.number(form)
        if count < 0:
            raise Damage("has a negative length")
        if count > LONGEST_INTEGER:
            self.stream.skip(count)
            self.push(INTEGER)
        else:
            self.push(int.from_bytes(self.stream.take(count), "little", signed=True))

    def text(self, form, errors="surrogatepass"):
        count = self.stream.number(form)
        if count < 0:
            raise Damage("has a negative length")
        if count > LONGEST_TEXT:
            self.stream.skip(count)
            self.push(TEXT)
            return
        try:
            self.push(self.stream.take(count).decode("utf-8", errors))
        except UnicodeDecodeError:
            raise Damage("has a text that is not UTF-8") from None

    def old_text(self, form):
        """The str of Python 2."""
        self.text(form, "surrogateescape")

    def string_line(self):
        line = self.stream.text_line()
        if len(line) < 2 or line[0] != line[-1] or line[0] not in "'\"":
            raise Damage("has a string without quotes")
        self.push(TEXT if "\\" in line else line[1:-1])

    def unicode_line(self):
        line = self.stream.text_line()
        self.push(TEXT if "\\" in line else line)

    def bytes(self, form):
        count = self.stream.number(form)
        if count < 0:
            raise Damage("has a negative length")
        self.stream.skip(count)
        self.push(BYTES)

    # ---- containers

    def tuple_of(self, count):
        if len(self.stack) < count:
            raise Damage("takes more values than the stack has")
        values = tuple(self.stack[-count:])
        del self.stack[-count:]
        self.push(values)

    def add_pairs(self, values):
        if len(values) % 2:
            raise Damage("has a key without a value")
        found = self.top_object()
        found.pairs = found.pairs or []
        found.pairs.extend(zip(values[::2], values[1::2]))

    def add_parts(self, values):
        found = self.top_object()
        found.parts = found.parts or []
        found.parts.extend(values)

    def set_item(self):
        value, key = self.pop(), self.pop()
        self.add_pairs([key, value])

    def append(self):
        value = self.pop()
        self.add_parts([value])

    def made_dict(self):
        values = self.pop_mark()
        self.push(Object(DICT))
        self.add_pairs(values)

    # ---- names and objects

    def name(self, module, name):
        if not isinstance(module, str) or not isinstance(name, str) or max(len(module), len(name)) > LONGEST_NAME:
            raise Damage("has an invalid name")
        self.push(Name(module, name))

    def name_lines(self):
        self.name(self.stream.text_line(), self.stream.text_line())

    def stack_name(self):
        name, module = self.pop(), self.pop()
        self.name(module, name)

    def call(self):
        arguments, maker = self.pop(), self.pop()
        self.make(maker, arguments)

    def call_with_keywords(self):
        self.pop()
        self.call()

    def make(self, maker, arguments):
        if not isinstance(arguments, tuple):
            raise Damage("calls something with invalid arguments")
        self.push(Object(maker if isinstance(maker, Name) else None, arguments))

    def instance_lines(self):
        values = self.pop_mark()
        self.name_lines()
        self.make(self.pop(), tuple(values))

    def instance(self):
        values = self.pop_mark()
        if not values:
            raise Damage("takes a value from an empty stack")
        self.make(values[0], tuple(values[1:]))

    def build(self):
        state = self.pop()
        self.top_object().state = state

    def persistent(self):
        identity = self.pop()
        if isinstance(identity, tuple) and len(identity) > 1 and identity[0] == "module" and isinstance(identity[1], Name):
            self.push(identity[1])  # the class of a network; its source text follows
            return
        self.references.append(Persistent(identity))
        self.push(self.references[-1])

    def refuse(self, what):
        raise ImportFailure(f"has a pickle with {what}, which tensor files do not have")


def pusher(make):
    return lambda reader: reader.push(make())


def reading(method, *arguments):
    return lambda reader: method(reader, *arguments)


def numbered(method, form):
    return lambda reader: method(reader, reader.stream.number(form))


def number_of(form):
    return lambda reader: reader.push(reader.stream.number(form))


R = Reader
TABLE = {
    b"\x80": lambda reader: reader.stream.skip(1),  # the protocol
    b"\x95": lambda reader: reader.stream.skip(8),  # a frame's length
    b"(": R.mark,
    b"0": lambda reader: reader.pop() if reader.stack else reader.pop_mark(),
    b"1": R.pop_mark,
    b"2": lambda reader: reader.push(reader.top()),
    b"N": pusher(lambda: None),
    b"\x88": pusher(lambda: True),
    b"\x89": pusher(lambda: False),
    b"I": R.int_line,
    b"L": R.int_line,
    b"J": number_of("<i"),
    b"K": number_of("<B"),
    b"M": number_of("<H"),
    b"\x8a": reading(R.long, "<B"),
    b"\x8b": reading(R.long, "<i"),
    b"F": R.float_line,
    b"G": number_of(">d"),
    b"S": R.string_line,
    b"T": reading(R.old_text, "<i"),
    b"U": reading(R.old_text, "<B"),
    b"V": R.unicode_line,
    b"X": reading(R.text, "<I"),
    b"\x8c": reading(R.text, "<B"),
    b"\x8d": reading(R.text, "<Q"),
    b"B": reading(R.bytes, "<I"),
    b"C": reading(R.bytes, "<B"),
    b"\x8e": reading(R.bytes, "<Q"),
    b"\x96": reading(R.bytes, "<Q"),
    b")": pusher(tuple),
    b"t": lambda reader: reader.push(tuple(reader.pop_mark())),
    b"\x85": reading(R.tuple_of, 1),
    b"\x86": reading(R.tuple_of, 2),
    b"\x87": reading(R.tuple_of, 3),
    b"]": pusher(lambda: Object(LIST)),
    b"l": lambda reader: reader.push(Object(LIST, (), None, reader.pop_mark())),
    b"}": pusher(lambda: Object(DICT)),
    b"d": R.made_dict,
    b"\x8f": pusher(lambda: Object(SET)),
    b"\x91": lambda reader: reader.push(Object(FROZENSET, (), None, reader.pop_mark())),
    b"a": R.append,
    b"e": lambda reader: reader.add_parts(reader.pop_mark()),
    b"\x90": lambda reader: reader.add_parts(reader.pop_mark()),
    b"s": R.set_item,
    b"u": lambda reader: reader.add_pairs(reader.pop_mark()),
    b"p": lambda reader: reader.put(reader.integer_line()),
    b"q": numbered(R.put, "<B"),
    b"r": numbered(R.put, "<I"),
    b"\x94": lambda reader: reader.put(len(reader.memo)),
    b"g": lambda reader: reader.get(reader.integer_line()),
    b"h": numbered(R.get, "<B"),
    b"j": numbered(R.get, "<I"),
    b"c": R.name_lines,
    b"\x93": R.stack_name,
    b"i": R.instance_lines,
    b"o": R.instance,
    b"R": R.call,
    b"\x81": R.call,
    b"\x92": R.call_with_keywords,
    b"b": R.build,
    b"Q": R.persistent,
    b"P": reading(R.refuse, "a persistent name"),
    b"\x82": reading(R.refuse, "an extension"),
    b"\x83": reading(R.refuse, "an extension"),
    b"\x84": reading(R.refuse, "an extension"),
    b"\x97": reading(R.refuse, "a buffer"),
    b"\x98": reading(R.refuse, "a buffer"),
}


def read(file, left):
    """(value of the pickle at the file's position, all its Persistents, number of bytes after it). At most `left` bytes are read."""
    reader = Reader(Stream(file, left))
    return reader.read(), reader.references, reader.stream.left
