"""Who signed in at a proxy: its header is believed only beside a secret that the proxy knows.

Both the page and the backend check the secret, so that nobody who gets past the proxy can write a
header of his own. The page passes both headers on to the backend.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field, SecretStr

SECRET_HEADER = "X-Sign-In-Secret"  # noqa: S105  # a name
MIN_SECRET_CHARS = 16
MAX_USER_CHARS = 256

HeaderSetting = Annotated[
    str,
    Field(
        pattern=r"^([A-Za-z][A-Za-z0-9-]{0,63})?$",
        description="Header in which a proxy in front tells who has signed in, such as "
        "X-Forwarded-User; empty: nobody signs in.",
    ),
]
SecretSetting = Annotated[
    SecretStr,
    Field(
        description="Secret that the proxy sends as X-Sign-In-Secret, 16 to 256 ASCII characters; "
        "the header above is ignored without it.",
    ),
]

_is_secret = re.compile(rf"[\x21-\x7e]{{{MIN_SECRET_CHARS},256}}").fullmatch


@dataclass(frozen=True)
class SignIn:
    """How a proxy tells who has signed in.

    Attributes:
        header: name of the header with the user, such as `X-Forwarded-User`; empty: there is no
            sign-in.
        secret: value of `SECRET_HEADER`.
    """

    header: str
    secret: str = field(repr=False)

    @classmethod
    def parse(cls, header: str, secret: str) -> "SignIn":
        """Check the settings.

        Raises: ValueError: one of them is missing, or the secret could be guessed.
        """
        if bool(header) != bool(secret):
            raise ValueError("SIGN_IN_HEADER and SIGN_IN_SECRET belong together: set both or none")
        if secret and not _is_secret(secret):
            raise ValueError(
                f"SIGN_IN_SECRET needs {MIN_SECRET_CHARS} to 256 ASCII characters; create one with "
                "`openssl rand -hex 32`"
            )
        return cls(header, secret)

    def __bool__(self) -> bool:
        """Return whether users sign in at a proxy."""
        return bool(self.header)

    def user_of(self, secrets: Sequence[str], users: Sequence[str]) -> str | None:
        """Return the user of a request; None: nobody has signed in.

        Args:
            secrets: all values of `SECRET_HEADER` in the request.
            users: all values of `header`.
        """
        if not self or len(secrets) != 1 or len(users) != 1:
            return None
        if not hmac.compare_digest(secrets[0].encode(), self.secret.encode()):
            return None
        user = _decoded(users[0]).strip()
        is_name = 0 < len(user) <= MAX_USER_CHARS and user.isprintable()
        return user if is_name else None

    def headers_of(self, user: str) -> list[tuple[bytes, bytes]]:
        """Return the headers that tell the backend who has signed in."""
        return [
            (SECRET_HEADER.encode(), self.secret.encode()),
            (self.header.encode(), user.encode()),
        ]


NO_SIGN_IN = SignIn("", "")


def _decoded(value: str) -> str:
    """Return a header's value, which servers decode as Latin-1, as UTF-8; empty: it is neither."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeEncodeError:
        return value
    except UnicodeDecodeError:
        return ""
