"""What becomes of an error after it was raised: it is printed, logged, copied, sent to other processes."""

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Mapping

from access_tokens import AccessTokensError, ApiError

_FORMATTER = logging.Formatter("%(message)s %(args)s")


def check_is_usable(error: object) -> None:
    """See that an error is one of ours, and that all this can be done with it."""
    assert isinstance(error, AccessTokensError), repr(error)
    for each in (error, pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "%s %r", (each, each.cause), None)
        texts = (str(each), repr(each), repr(each.cause), repr(vars(each)), _FORMATTER.format(record))
        for text in (*texts, *traceback.format_exception(each)):
            text.encode()
        assert str(each).isprintable()
        assert (str(each), type(each)) == (str(error), type(error))
        if isinstance(each.cause, ApiError):
            json.dumps(each.cause.details, ensure_ascii=False).encode()
            assert isinstance(each.cause.details, (str, Mapping, type(None)))
