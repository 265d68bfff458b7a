"""Who visits the page, as a proxy in front tells."""

from collections.abc import Callable, Sequence

from contracts.sign_in import SECRET_HEADER, SignIn


def signed_in_user(sign_in: SignIn, values_of: Callable[[str], Sequence[str]]) -> str | None:
    """Return the user of a request; None: nobody has signed in.

    Args:
        values_of: returns all values of a header.
    """
    return sign_in.user_of(values_of(SECRET_HEADER), values_of(sign_in.header))
