"""Text files: encodings, JSON, comma-separated values, and the spellings of names in a folder."""

import codecs
import csv
import io
import json
import unicodedata

from . import ImportFailure, reason

MOST_BYTES = 256 << 20  # of a text
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decode(data):
    """Decodes UTF-8, or the encoding of the byte order mark. ValueError for anything else."""
    encoding = "utf-8"
    for mark, own in MARKS:
        if data.startswith(mark):
            data, encoding = data[len(mark) :], own
            break
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"is not {encoding.upper()} text (byte {error.start} is 0x{data[error.start]:02x}); save it as UTF-8") from None
    if "\0" in text:
        raise ValueError("is not text: it has zero bytes; save it as UTF-8")
    return text


def read_text(path):
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ImportFailure(f"{path}: cannot be read: {reason(error)}") from None
    if len(data) > MOST_BYTES:
        raise ImportFailure(f"{path}: has more than {MOST_BYTES} bytes, the most allowed")
    try:
        return decode(data)
    except ValueError as error:
        raise ImportFailure(f"{path}: {error}") from None


def only_once(pairs):
    """A dict of JSON. ValueError for two entries of one name, of which Python would take the last."""
    out = dict(pairs)
    if len(out) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"has {next(name for name in out if names.count(name) > 1)!r} twice")
    return out


def read_json(path):
    text = read_text(path)
    try:
        return json.loads(text, object_pairs_hook=only_once)
    except RecursionError:
        raise ImportFailure(f"{path}: is nested too deeply") from None
    except ValueError as error:  # not JSON, or a number of thousands of digits
        raise ImportFailure(f"{path}: cannot be read: {error}") from None


def read_rows(path):
    """[(line, fields)] of comma-separated values, without empty lines and without blanks around fields."""
    reader, rows = csv.reader(io.StringIO(read_text(path), newline="")), []
    try:
        for row in reader:
            fields = [field.strip() for field in row]
            if any(fields):
                rows.append((reader.line_num, fields))
    except csv.Error as error:
        raise ImportFailure(f"{path}: line {reader.line_num}: cannot be read: {error}") from None
    return rows


def is_hidden(name):
    """Whether a file is hidden, such as macOS's .DS_Store and ._NAME."""
    return name.startswith(".")


def spellings(name):
    """The spellings of a name that a folder may have: letters with accents are composed, or decomposed, as on macOS."""
    return list(dict.fromkeys([name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)]))


def check_storable(text, path, what):
    """Refuses text that HDF5 cannot store: its strings are UTF-8 and end at a zero byte."""
    try:
        good = b"\0" not in text.encode()
    except UnicodeEncodeError:
        good = False
    if not good:
        raise ImportFailure(f"{path}: {text}: cannot be {what}: it is not UTF-8, or has a zero byte; rename it")
