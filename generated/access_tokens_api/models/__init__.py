"""Contains all the data models used in inputs/outputs"""

from .add_roles import AddRoles
from .api_error import ApiError
from .api_error_details_type_1 import ApiErrorDetailsType1
from .auth_token import AuthToken
from .batch_load_request import BatchLoadRequest
from .batch_load_result import BatchLoadResult
from .client_credentials_form import ClientCredentialsForm
from .client_credentials_json import ClientCredentialsJson
from .error_answer import ErrorAnswer
from .issue_token_request import IssueTokenRequest
from .issue_token_result import IssueTokenResult
from .list_tokens_result import ListTokensResult
from .register_token_request import RegisterTokenRequest
from .register_token_result import RegisterTokenResult
from .remove_roles import RemoveRoles
from .revoke_token_request import RevokeTokenRequest
from .token_record import TokenRecord
from .update_token_request import UpdateTokenRequest

__all__ = (
    "AddRoles",
    "ApiError",
    "ApiErrorDetailsType1",
    "AuthToken",
    "BatchLoadRequest",
    "BatchLoadResult",
    "ClientCredentialsForm",
    "ClientCredentialsJson",
    "ErrorAnswer",
    "IssueTokenRequest",
    "IssueTokenResult",
    "ListTokensResult",
    "RegisterTokenRequest",
    "RegisterTokenResult",
    "RemoveRoles",
    "RevokeTokenRequest",
    "TokenRecord",
    "UpdateTokenRequest",
)
