"""The service against the API contract, with generated requests: what it accepts, refuses and answers."""

from pathlib import Path

import schemathesis
from hypothesis import settings
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    negative_data_rejection,
    unsupported_method,
)

from access_tokens.testing import Service

# Authorization is set below: otherwise half of what is generated would be about its absence.
CONFIG = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
SERVICE = Service(documented=True)
JWT = SERVICE._backend.exchange(SERVICE.admin_pat)
SCHEMA = schemathesis.openapi.from_path(Path(__file__).parents[2] / "openapi.yaml", config=CONFIG)
SCHEMA.app = SERVICE.app
# Express answers 404, and not 405, for a method that a path does not have.
EXCEPT = {
    # Booleans that are none count as absent, and what follows the digits of a limit is ignored.
    "GET /admin/tokens": [unsupported_method, negative_data_rejection],
    # The reference service, too, takes a PUT or PATCH of this path for the token id "batch".
    "POST /admin/tokens/batch": [unsupported_method, allow_header_conformance],
}


@SCHEMA.parametrize()
@settings(max_examples=10)
def test_the_documented_service_conforms(case):
    is_exchange = case.operation.label == "POST /auth/token"
    headers = {"Authorization": f"Bearer {SERVICE.admin_pat if is_exchange else JWT}"}
    response = case.call(headers=headers)
    excluded = EXCEPT.get(case.operation.label, [unsupported_method])
    if is_exchange and not response.request.body:
        # An empty form is no body at all, and with a header none is needed.
        excluded = [*excluded, negative_data_rejection]
    case.validate_response(
        response, excluded_checks=excluded, headers=headers, transport_kwargs={"headers": headers}
    )
