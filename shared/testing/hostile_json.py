"""JSON that breaks servers: bodies no route may answer with anything but 400 or 422.

A route that takes an object with known fields refuses every one of these, the well-formed ones for their shape.
"""

_DEEP = 200_000
_MANY_DIGITS = b"9" * 5_000

_BROKEN_TEXT: dict[str, bytes] = {
    "lone high surrogate": rb'{"a": "\ud800"}',
    "lone low surrogate": rb'{"a": "\udc00"}',
    "surrogates swapped": rb'{"a": "\udc00\ud800"}',
    "lone surrogate in a key": rb'{"\ud800": 1}',
    "surrogate as raw UTF-8": b'{"a": "\xed\xa0\x80"}',
    "escaped NUL": rb'{"a": "\u0000"}',
    "escaped NUL in a key": rb'{"\u0000": 1}',
    "escaped NUL in a list": rb'{"a": ["b", ["\u0000"]]}',
    "raw NUL": b'{"a": "\x00"}',
    "raw newline in a string": b'{"a": "\n"}',
    "raw control character": b'{"a": "\x1f"}',
    "bad escape": rb'{"a": "\x41"}',
    "short unicode escape": rb'{"a": "\u12"}',
    "no hex in unicode escape": rb'{"a": "\uZZZZ"}',
    "unfinished string": b'{"a": "b',
    "unfinished escape": b'{"a": "b\\',
}

_BROKEN_ENCODING: dict[str, bytes] = {
    "byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "UTF-16 with mark": '{"a": 1}'.encode("utf-16"),
    "UTF-16 little endian": '{"a": 1}'.encode("utf-16-le"),
    "UTF-16 big endian": '{"a": 1}'.encode("utf-16-be"),
    "UTF-32 with mark": '{"a": 1}'.encode("utf-32"),
    "UTF-32 little endian": '{"a": 1}'.encode("utf-32-le"),
    "UTF-7": b'{"a": "+2AA-"} +',
    "Latin-1": '{"a": "é"}'.encode("latin-1"),
    "overlong slash": b'{"a": "\xc0\xaf"}',
    "overlong NUL": b'{"a": "\xc0\x80"}',
    "overlong quote": b'{"a": \xc0\xa2b\xc0\xa2}',
    "beyond Unicode": b'{"a": "\xf4\x90\x80\x80"}',
    "truncated sequence": b'{"a": "\xe2\x82"}',
    "stray continuation": b'{"a": "\x80"}',
    "byte FF": b'{"a": "\xff"}',
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56\x4a\x54\xb2\x32\xac\x05\x00",
}

_BROKEN_NUMBERS: dict[str, bytes] = {
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": Infinity}',
    "minus Infinity": b'{"a": -Infinity}',
    "too large for a double": b'{"a": 1e999}',
    "too small for a double": b'{"a": -1e999}',
    "5,000 digits": b'{"a": ' + _MANY_DIGITS + b"}",
    "5,000 digits behind a point": b'{"a": 1e' + _MANY_DIGITS + b"}",
    "2 to the 63rd": b'{"a": 9223372036854775808}',
    "2 to the 64th": b'{"a": 18446744073709551616}',
    "below int64": b'{"a": -9223372036854775809}',
    "leading zero": b'{"a": 012}',
    "leading plus": b'{"a": +1}',
    "hexadecimal": b'{"a": 0x1F}',
    "underscore": b'{"a": 1_000}',
    "bare point": b'{"a": .5}',
    "point at the end": b'{"a": 5.}',
    "empty exponent": b'{"a": 1e}',
    "two minus signs": b'{"a": --1}',
    "full-width digits": '{"a": １２}'.encode(),
}

_BROKEN_GRAMMAR: dict[str, bytes] = {
    "white space only": b" \r\n\t",
    "one brace": b"{",
    "one bracket": b"[",
    "a comma": b",",
    "trailing comma": b'{"a": 1,}',
    "trailing comma in a list": b'{"a": [1,]}',
    "missing colon": b'{"a" 1}',
    "missing value": b'{"a":}',
    "two colons": b'{"a":: 1}',
    "two values": b'{"a": 1} {"b": 2}',
    "trailing text": b'{"a": 1} x',
    "trailing NUL": b'{"a": 1}\x00',
    "line comment": b'{"a": 1} // b',
    "block comment": b'{/* b */ "a": 1}',
    "hash comment": b'# b\n{"a": 1}',
    "single quotes": b"{'a': 1}",
    "bare key": b"{a: 1}",
    "number as key": b"{1: 1}",
    "True": b'{"a": True}',
    "None": b'{"a": None}',
    "undefined": b'{"a": undefined}',
    "white space beyond ASCII": '{"a":\u00a01}'.encode(),
    "form feed": b'\x0c{"a": 1}',
    "XML": b"<a>1</a>",
    "form": b"a=1&b=2",
    "YAML": b"a: 1\nb: 2\n",
    "JSON lines": b'{"a": 1}\n{"a": 2}\n',
    "hijacking prefix": b")]}',\n{}",
}

_AMBIGUOUS: dict[str, bytes] = {
    "the same key twice": b'{"a": 1, "a": 2}',
    "the same key twice, once escaped": rb'{"a": 1, "\u0061": 2}',
    "the same key twice, deep inside": b'{"a": [{"b": {"c": 1, "c": 2}}]}',
}

_DEEP_NESTING: dict[str, bytes] = {
    "200,000 brackets": b"[" * _DEEP,
    "200,000 brackets, closed": b"[" * (_DEEP // 2) + b"]" * (_DEEP // 2),
    "40,000 braces": b'{"a":' * (_DEEP // 5),
    "65 brackets": b"[" * 65 + b"]" * 65,
    "1,025 brackets": b"[" * 1_025 + b"]" * 1_025,
    "100 objects in a field": b'{"a": ' + b'{"b": ' * 100 + b"1" + b"}" * 100 + b"}",
}

_WRONG_SHAPE: dict[str, bytes] = {
    "null": b"null",
    "true": b"true",
    "a number": b"1",
    "a string": b'"a"',
    "an empty list": b"[]",
    "a list of objects": b'[{"a": 1}]',
    "an unknown key": b'{"__hostile__": 1}',
    "keys of the runtime": b'{"__proto__": {"admin": true}, "constructor": {}, "__class__": "x"}',
    "an empty key": b'{"": ""}',
    "10,000 keys": b"{" + b",".join(b'"k%d": %d' % (number, number) for number in range(10_000)) + b"}",
}

#: Refused by the parser itself: 400.
MALFORMED: list[tuple[str, bytes]] = [
    *_BROKEN_TEXT.items(),
    *_BROKEN_ENCODING.items(),
    *_BROKEN_NUMBERS.items(),
    *_BROKEN_GRAMMAR.items(),
    *_AMBIGUOUS.items(),
    *_DEEP_NESTING.items(),
]

#: Well formed, and still not what any route takes: 422.
MISSHAPEN: list[tuple[str, bytes]] = list(_WRONG_SHAPE.items())

#: Every hostile body, for a route that takes a JSON object.
HOSTILE_JSON: list[tuple[str, bytes]] = MALFORMED + MISSHAPEN
