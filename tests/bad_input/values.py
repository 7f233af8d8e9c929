"""Values, bodies and headers that no client should send."""

import base64
from typing import Any
from urllib.parse import quote

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

# One parameter's value, as it stands in a query or a form.
ENCODED_VALUES = {
    "empty": "",
    "space": "+",
    "NUL": "%00",
    "NUL at the end": "read%00",
    "unit separator": "%1F",
    "line break": "a%0D%0ASet-Cookie:%20a=b",
    "lone surrogate": "%ED%A0%80",
    "not UTF-8": "%FF%FE",
    "overlong UTF-8": "%C0%80",
    "bad percent-encoding": "%zz",
    "half a percent-encoding": "%",
    "percent-encoded twice": "%2500",
    "raw UTF-8": "\N{SNOWMAN}",
    "right-to-left": "%E2%80%AEgnp.exe",
    "huge integer": "9" * 5000,
    "negative": "-1",
    "long": "x" * 10_000,
    "long, of spaces": "x+" * 5000,
    "half an address": "http://[::1",
    "port out of range": "http://localhost:99999/callback",
    "port that is none": "http://localhost:port/callback",
    "foreign address": "https://attacker.example/callback",
    "JSON": quote('{"$ne": null}'),
    "SQL": quote("' OR 1=1 --"),
    "markup": quote("<script>alert(1)</script>"),
    "template": quote("{{ settings.SECRET_KEY }}{% debug %}"),
}

# A whole body where a JSON object is expected.
BAD_JSON = {
    "empty": b"",
    "spaces": b"  \r\n",
    "cut short": b'{"jsonrpc": "2.0", "id": 1',
    "with more behind it": b'{"jsonrpc": "2.0"} {}',
    "with a comment": b'{"jsonrpc": "2.0" /* hello */}',
    "with single quotes": b"{'jsonrpc': '2.0'}",
    "a word": b"hello",
    "NaN": b'{"id": NaN}',
    "infinite": b'{"id": -Infinity}',
    "huge integer": b'{"id": ' + b"9" * 5000 + b"}",
    "30,000 lists deep": b"[" * 30_000 + b"]" * 30_000,
    "10,000 objects deep": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "100,000 lists deep": b"[" * 100_000 + b"]" * 100_000,
    "100,000 lists deep, never closed": b"[" * 100_000,
    "100,000 objects deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep inside a field": b'{"params": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "raw NUL": b'{"client_name": "a\x00b"}',
    "NUL alone": b"\x00",
    "lone surrogate": b'{"client_name": "\\ud800"}',
    "lone low surrogate": b'{"client_name": "\\udfff"}',
    "surrogate in UTF-8": b'{"client_name": "\xed\xa0\x80"}',
    "not UTF-8": b'{"client_name": "\xff\xfe"}',
    "UTF-16": '{"client_name": "a"}'.encode("utf-16"),
    "bad escape": b'{"client_name": "\\x41"}',
    "a form": b"client_name=a&redirect_uris=b",
    "multipart": b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
    "a null": b"null",
    "a number": b"1",
    "a text": b'"text"',
    "a true": b"true",
    "an empty list": b"[]",
    "a list": b'[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]',
}

# One value inside a JSON object, of every type and shape.
JSON_VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "zero": 0,
    "negative": -1,
    "fraction": 1.5,
    "beyond 64 bits": 2**64,
    "beyond a float": 10**400,
    "empty": "",
    "space": " ",
    "NUL": "\x00",
    "NUL inside": "a\x00b",
    "control": "\x1b[2J",
    "line break": "a\r\nSet-Cookie: a=b",
    "noncharacter": "\uffff",
    "astral": "\U0001f600" * 300,
    "right-to-left": "\u202egnp.exe",
    "long": "x" * 10_000,
    "half an address": "http://[::1",
    "port out of range": "http://localhost:99999/callback",
    "empty list": [],
    "list of lists": [[[]]],
    "list of nulls": [None],
    "list of numbers": [1],
    "list of objects": [{}],
    "list of NULs": ["\x00"],
    "long list": ["x"] * 5000,
    "empty object": {},
    "object": {"a": {"b": [None]}},
    "object with a NUL": {"\x00": "\x00"},
}
CONTENT_TYPES = {
    "none": "",
    "text/plain": "text/plain",
    "octets": "application/octet-stream",
    "form": FORM,
    "form in UTF-16": f"{FORM}; charset=utf-16",
    "form in an unknown charset": f"{FORM}; charset=\x01",
    "multipart without a boundary": "multipart/form-data",
    "multipart with an empty boundary": "multipart/form-data; boundary=",
    "multipart with a broken boundary": 'multipart/form-data; boundary="x\x00\n',
    "multipart with a long boundary": f"multipart/form-data; boundary={'x' * 300}",
    "multipart beyond ASCII": "multipart/form-data; boundary=\N{SNOWMAN}",
    "JSON in UTF-16": f"{JSON}; charset=utf-16",
    "JSON in an unknown charset": f"{JSON}; charset=unheard-of",
    "no type": "/",
    "parameters alone": ";;;=;charset",
    "line break": f"{JSON}\r\nX: y",
    "long": f"application/{'x' * 10_000}",
}
BODIES = {
    "empty": b"",
    "NUL": b"\x00",
    "not UTF-8": b"\xff\xfe\xfd",
    "ampersands": b"&=&=&&===",
    "1,001 fields": b"&".join(b"f%d=" % number for number in range(1001)),
    "multipart": b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n',
    "3 MB": b"a=" + b"x" * 3_000_000,
}
AUTHORIZATIONS = {
    "empty": "",
    "no scheme": "abc",
    "unknown scheme": "Digest abc",
    "Basic alone": "Basic",
    "Basic with nothing": "Basic ",
    "Basic beyond ASCII": "Basic ключ",
    "Basic in Latin-1": "Basic \xe9\xe8",
    "Basic that is not base64": "Basic ////=",
    "Basic without a colon": "Basic " + base64.b64encode(b"abc").decode(),
    "Basic that is not UTF-8": "Basic " + base64.b64encode(b"\xff:\xfe").decode(),
    "Basic with a NUL": "Basic " + base64.b64encode(b"a\x00:b").decode(),
    "Basic with an encoded NUL": "Basic " + base64.b64encode(b"%00:%00").decode(),
    "Basic with an encoded surrogate": "Basic " + base64.b64encode(b"%ED%A0%80:%ED%A0%80").decode(),
    "Basic with a line break": "Basic " + base64.b64encode(b"%0D%0A:b").decode(),
    "Basic with bad percent-encoding": "Basic " + base64.b64encode(b"%zz:%").decode(),
    "Basic of an unknown client": "Basic " + base64.b64encode(b"nobody:nothing").decode(),
    "Basic, long": "Basic " + base64.b64encode(b"x" * 10_000 + b":y").decode(),
    "Bearer alone": "Bearer",
    "Bearer with nothing": "Bearer  ",
    "Bearer of two": "Bearer a b",
    "Bearer of a list": "Bearer a, Bearer b",
    "Bearer beyond ASCII": "Bearer ключ",
    "Bearer in Latin-1": "Bearer \xe9\xe8",
    "Bearer with a NUL": "Bearer a\x00b",
    "Bearer, unknown": "Bearer unknown",
    "Bearer, long": "Bearer " + "x" * 10_000,
}
ODD_METHODS = ("PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "DISPATCH", "__CLASS__", "\N{SNOWMAN}")


# Of those below: they hold no parameter that an endpoint knows, and are ignored beside a good request.
IGNORED = ("an unknown parameter twice", "NUL as a name", "only signs", "bad percent-encoding")


def beyond_limits(known: str) -> dict[str, str]:
    """Queries and forms that are wrong as a whole; `known` is a parameter that the endpoint reads."""
    return {
        "a parameter twice": f"{known}=a&{known}=b",
        "a parameter twice, once encoded": f"{known}=a&%{ord(known[0]):02X}{known[1:]}=b",
        "an unknown parameter twice": "unheard_of=a&unheard_of=b",
        "NUL as a name": "%00=a",
        "1,001 parameters": "&".join(f"p{number}=" for number in range(1001)),
        "only signs": "&&&===&;&",
        "bad percent-encoding": "%=%&%%%=%zz",
        "100 KB": f"{known}={'x' * 100_000}",
    }
