"""Content encodings: a packed body unpacked, and never more of it in memory than allowed."""

import zlib
from collections.abc import Mapping

from leitplanke.domain.errors import InvalidInputError
from leitplanke.wire.intake import MAX_BODY_BYTES, TooLargeError, UnsupportedError

_GZIP = zlib.MAX_WBITS | 16  # zlib manual, inflateInit2: 16 means gzip
_GARBLED = b"\x1f\xef\xbf\xbd"
"""The first two bytes of gzip after a gateway has decoded them as UTF-8, as HTTP APIs do with JSON."""
_MAX_MEMBERS = 16
_REMEDY = "send gzip or no content-encoding"


def unpacked(body: bytes, headers: Mapping[str, str], *, limit: int = MAX_BODY_BYTES) -> bytes:
    """The body without its content encoding.

    Raises TooLargeError above `limit` bytes, as sent or once unpacked; UnsupportedError for encodings other
    than gzip; InvalidInputError for broken data.
    """
    encoding = headers.get("content-encoding", "").strip().lower()
    if len(body) > limit:
        raise _too_large(limit)
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip"):
        raise UnsupportedError(
            f"content-encoding {encoding!r:.100} is not understood", field="content-encoding", remedy=_REMEDY
        )
    if body.startswith(_GARBLED):
        raise InvalidInputError(
            "the gateway took the packed body for text and broke it",
            field="body",
            remedy="send it with Content-Type: application/octet-stream, or unpacked",
        )
    return _gunzipped(body, limit)


def _gunzipped(body: bytes, limit: int) -> bytes:
    """All members of a gzip stream; RFC 1952 allows several, nobody sends many."""
    plain = bytearray()
    rest = body
    for _ in range(_MAX_MEMBERS):
        stream = zlib.decompressobj(_GZIP)
        try:
            plain += stream.decompress(rest, limit + 1 - len(plain))
        except zlib.error as error:
            raise InvalidInputError("the body is not gzip", field="body", remedy=_REMEDY) from error
        if len(plain) > limit:
            raise _too_large(limit)
        if not stream.eof:
            raise InvalidInputError(
                "the gzip body ends too early", field="body", remedy="send the whole body"
            )
        rest = stream.unused_data
        if not rest:
            return bytes(plain)
    raise InvalidInputError(
        f"more than {_MAX_MEMBERS} gzip members", field="body", remedy="pack the body in one piece"
    )


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(
        f"the body is larger than {limit} bytes", field="body", remedy="send it in several requests"
    )
