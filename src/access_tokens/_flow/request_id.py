"""Finds the request ID in response headers, to look up a request in the logs of the service or a gateway."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .._secret import Secret, redact
from ..errors import excerpt, one_line

# In order of preference: the service's own headers, then those of gateways in front of it, then `_OTHERS`.
_HEADERS = (
    *("x-request-id", "request-id", "x-correlation-id", "correlation-id", "x-requestid", "x-correlationid"),
    *("x-amzn-requestid", "apigw-requestid", "x-amz-request-id", "x-ms-request-id", "x-kong-request-id"),
    *("x-vcap-request-id", "fly-request-id", "x-vercel-id", "cf-ray", "x-azure-ref", "x-amz-cf-id"),
    *("x-amzn-trace-id", "x-trace-id", "x-b3-traceid", "x-cloud-trace-context", "traceparent"),
)
_OTHERS = re.compile(r"(?:^|.*[-_])(?:req|request|correlation|transaction|trace)[-_]?id")
_LONGEST = 200


def request_id_in(headers: Mapping[str, str], known: tuple[Secret, ...] = ()) -> str | None:
    """Return the request ID in the headers of a response, if there is one.

    Args:
        headers: The headers of the response.
        known: Secrets to hide.
    """
    names = (*_HEADERS, *filter(_OTHERS.fullmatch, map(str.lower, headers)))
    values = [value for name in names if (value := headers.get(name, "").strip())]
    return one_line(redact(excerpt(values[0]), *known), _LONGEST) or None if values else None
