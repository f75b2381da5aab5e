"""What a GET asks for, in the query of its URL, by the names that a body has (GraphQL over HTTP section 5.2)."""

from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from .problems import Code, Refusal

LONGEST = 16_384
MOST_PARAMETERS = 20
AS_JSON = ("variables", "extensions")


def in_url(request: Request) -> dict[str, str]:
    """The parameters, each given once; those without a value are as good as not given.

    Refusal 414 where the query is too long, 400 where it makes no sense.
    """
    raw: bytes = request.scope["query_string"]
    if len(raw) > LONGEST:
        message = f"The query of the URL is too long: at most {LONGEST} bytes. Send it by POST."
        raise Refusal(Code.BAD_REQUEST, 414, message)
    try:
        pairs = parse_qsl(raw.decode("ascii"), errors="strict", max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise Refusal(Code.BAD_REQUEST, 400, "The query of the URL is no form in UTF-8.") from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise Refusal(Code.BAD_REQUEST, 400, "A parameter stands in the URL more than once.")
        found[name] = value
    return found


def opened(parameters: dict[str, str], decoded: Any) -> dict[str, Any]:
    """The same as a body would have it; `decoded` makes an object of JSON."""
    return {
        name: decoded(value.encode()) if name in AS_JSON else value
        for name, value in parameters.items()
        if not (name in AS_JSON and value.strip() == "null")
    }
