"""Teach schemathesis the media type of tus; `SCHEMATHESIS_HOOKS` names this module."""

import schemathesis


@schemathesis.serializer("application/offset+octet-stream")
def serialize_bytes(context, value):
    return value if isinstance(value, bytes) else str(value).encode()
