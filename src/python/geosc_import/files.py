"""Text of others' files: its encoding, JSON, lists of comma-separated values, and names as a folder spells them."""

import codecs
import csv
import io
import json
import unicodedata

from . import ImportFailure, reason

MOST_BYTES = 256 << 20  # of a text
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decode(data):
    """UTF-8, or what a byte order mark says. ValueError for anything else."""
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
        raise ValueError("is no text: it holds zero bytes; save it as UTF-8")
    return text


def read_text(path):
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ImportFailure(f"{path}: cannot be read: {reason(error)}") from None
    if len(data) > MOST_BYTES:
        raise ImportFailure(f"{path}: has more than {MOST_BYTES} bytes, which no such file has")
    try:
        return decode(data)
    except ValueError as error:
        raise ImportFailure(f"{path}: {error}") from None


def only_once(pairs):
    """A dict of JSON; Python's own would take the last of two entries with one name."""
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
        raise ImportFailure(f"{path}: is nested too deeply to be a file of annotations") from None
    except ValueError as error:  # not JSON, or numbers of thousands of digits
        raise ImportFailure(f"{path}: cannot be read: {error}") from None


def read_rows(path):
    """[(line, fields)] of comma-separated values, without the empty ones; blanks around a field are none of it."""
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
    """Such as .DS_Store, and ._NAME, in which macOS keeps what other systems' folders have no place for."""
    return name.startswith(".")


def spellings(name):
    """Of a name, those that a folder may have: letters with accents are composed there, or decomposed, as macOS leaves them."""
    return list(dict.fromkeys([name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)]))


def check_storable(text, path, what):
    """HDF5 holds UTF-8, and its strings end at a zero."""
    try:
        good = b"\0" not in text.encode()
    except UnicodeEncodeError:
        good = False
    if not good:
        raise ImportFailure(f"{path}: {text}: can't be {what}: it is not UTF-8, or holds a zero byte; rename it")
