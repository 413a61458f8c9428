"""Text of files reaches people with everything escaped that could mislead them."""

import unittest

import support  # noqa: F401: the path to geosc

from geosc.importers.text import printable


class Printable(unittest.TestCase):
    def test_what_is_escaped(self):
        for code in (*range(0x20), *range(0x7F, 0xA0)):
            self.assertEqual(printable(f"a{chr(code)}b"), f"a\\x{code:02x}b")
        for code in (0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A), 0xD800, 0xDFFF, 0xDC7F):
            self.assertEqual(printable(chr(code)), f"\\u{code:04x}")
        self.assertEqual(printable(b"caf\xe9\x1b[31m".decode("utf-8", "surrogateescape")), "caf\\xe9\\x1b[31m")

    def test_what_stays(self):
        for text in ("", "a b\\n", "naïve", "日本語\u3000", "\u00a0", "🐈‍⬛", "مرحبا"):
            self.assertEqual(printable(text), text)

    def test_length(self):
        self.assertEqual(printable("x" * 1000, 5), "xxxxx...")
        self.assertEqual(printable("\x1b" * 5, 5), "\\x1b" * 5)
        self.assertEqual(printable(ValueError("a\nb")), "a\\x0ab")
