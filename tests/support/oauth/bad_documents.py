"""Bodies in which no JSON object can be read."""

from accounts.fetching import exchange

BODIES = {
    "nested arrays": b"[" * 5000 + b"]" * 5000,
    "nested objects": b'{"a":' * 2500 + b"1" + b"}" * 2500,
    "nested within": b'{"client_id": ' + b"[" * 7000 + b"]" * 7000 + b"}",
    "list": b"[]",
    "text": b'"a"',
    "null": b"null",
    "nothing": b"",
    "not a number": b'{"a": NaN}',
    "infinite": b'{"a": Infinity}',
    "number that is too large for a float": b'{"a": [{"b": 1e999}]}',
    "number of many digits": b'{"a": ' + b"9" * 10_000 + b"}",
    "lone surrogate": b'{"a": "\\ud800"}',
    "not UTF-8": b'{"a": "\xff"}',
    "too large": b'{"a": "' + b"a" * exchange.LARGEST_DOCUMENT + b'"}',
}
