"""The service against the API contract, with generated requests: what it accepts, refuses and answers."""

from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    negative_data_rejection,
    unsupported_method,
)

from access_tokens.testing import Service

SPEC = Path(__file__).parents[2] / "openapi.yaml"
# Authorization is set below: otherwise half of what is generated would be about its absence.
CONFIG = {"generation": {"with-security-parameters": False}}

bounded = settings(max_examples=25, derandomize=True, deadline=None, database=None)


class Subject:
    """A service, the contract that it is held to, and the credentials for it."""

    def __init__(self, service: Service) -> None:
        self.pat = service.admin_pat
        self.jwt = service._backend.exchange(self.pat)
        self.schema = schemathesis.openapi.from_path(SPEC, config=SchemathesisConfig.from_dict(CONFIG))
        self.schema.app = service.app

    def check(self, case: schemathesis.Case[Any], *excluded: Any) -> None:
        is_exchange = case.operation.label == "POST /auth/token"
        headers = {"Authorization": f"Bearer {self.pat if is_exchange else self.jwt}"}
        response = case.call(headers=headers)
        if is_exchange and not response.request.body:
            # An empty form is no body at all, and with a header none is needed.
            excluded = (*excluded, negative_data_rejection)
        if case.operation.label == "GET /admin/tokens":
            # Booleans that are none count as absent, and what follows the digits of a limit is ignored.
            excluded = (*excluded, negative_data_rejection)
        if case.operation.path == "/admin/tokens/batch":
            # The reference service, too, takes a PUT or PATCH of this path for the token id "batch".
            excluded = (*excluded, allow_header_conformance)
        case.validate_response(
            response,
            # Express answers 404, and not 405, for a method that a path does not have.
            excluded_checks=[*excluded, unsupported_method],
            headers=headers,
            transport_kwargs={"headers": headers},
        )


documented = Subject(Service(documented=True))
reference = Subject(Service())


@documented.schema.parametrize()
@bounded
def test_documented_service_conforms(case):
    documented.check(case)


@reference.schema.parametrize()
@bounded
def test_reference_service_conforms_but_for_its_500s(case):
    # It answers 500 for unknown ids, duplicates and values that its store refuses, and the contract says so.
    reference.check(case, not_a_server_error)
