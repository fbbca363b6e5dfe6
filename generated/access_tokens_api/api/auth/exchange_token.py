from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.auth_token import AuthToken
from ...models.client_credentials_form import ClientCredentialsForm
from ...models.client_credentials_json import ClientCredentialsJson
from ...models.error_answer import ErrorAnswer
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: ClientCredentialsForm | ClientCredentialsJson | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/auth/token",
    }

    if isinstance(body, ClientCredentialsForm):
        if not isinstance(body, Unset):
            _kwargs["data"] = body.to_dict()
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    if isinstance(body, ClientCredentialsJson):
        if not isinstance(body, Unset):
            _kwargs["json"] = body.to_dict()

        headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AuthToken | ErrorAnswer | None:
    if response.status_code == 200:
        response_200 = AuthToken.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = ErrorAnswer.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = ErrorAnswer.from_dict(response.json())

        return response_401

    if response.status_code == 413:
        response_413 = ErrorAnswer.from_dict(response.json())

        return response_413

    if response.status_code == 415:
        response_415 = ErrorAnswer.from_dict(response.json())

        return response_415

    if response.status_code == 429:
        response_429 = ErrorAnswer.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        response_500 = ErrorAnswer.from_dict(response.json())

        return response_500

    if response.status_code == 503:
        response_503 = ErrorAnswer.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AuthToken | ErrorAnswer]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: ClientCredentialsForm | ClientCredentialsJson | Unset = UNSET,
) -> Response[AuthToken | ErrorAnswer]:
    """Exchange a PAT for a JWT

     Present the PAT in one of three ways: as a bearer token, as the password of HTTP Basic
    authentication (the user name is ignored), or as `client_secret` in the body. With either
    header no body is needed. A `client_secret` that is not empty wins over the header, and the
    names of the schemes, `Bearer` and `Basic`, are case-sensitive. Base64 is read laxly: either
    alphabet, with or without `=`.

    Each exchange costs the service a deliberate scrypt hash, and deployments limit the rate
    hard (429 with `Retry-After`): keep the JWT until shortly before it expires.

    On an empty table, the exchange of the one PAT that the deployment has configured creates the
    first administrator, with the owner "admin".

    Args:
        body (ClientCredentialsForm | Unset): A PAT as OAuth 2.0 client credentials (RFC 6749,
            section 4.4.2). Other fields are ignored.
        body (ClientCredentialsJson | Unset): A PAT as OAuth 2.0 client credentials (RFC 6749,
            section 4.4.2). Other fields are ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuthToken | ErrorAnswer]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: ClientCredentialsForm | ClientCredentialsJson | Unset = UNSET,
) -> AuthToken | ErrorAnswer | None:
    """Exchange a PAT for a JWT

     Present the PAT in one of three ways: as a bearer token, as the password of HTTP Basic
    authentication (the user name is ignored), or as `client_secret` in the body. With either
    header no body is needed. A `client_secret` that is not empty wins over the header, and the
    names of the schemes, `Bearer` and `Basic`, are case-sensitive. Base64 is read laxly: either
    alphabet, with or without `=`.

    Each exchange costs the service a deliberate scrypt hash, and deployments limit the rate
    hard (429 with `Retry-After`): keep the JWT until shortly before it expires.

    On an empty table, the exchange of the one PAT that the deployment has configured creates the
    first administrator, with the owner "admin".

    Args:
        body (ClientCredentialsForm | Unset): A PAT as OAuth 2.0 client credentials (RFC 6749,
            section 4.4.2). Other fields are ignored.
        body (ClientCredentialsJson | Unset): A PAT as OAuth 2.0 client credentials (RFC 6749,
            section 4.4.2). Other fields are ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuthToken | ErrorAnswer
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: ClientCredentialsForm | ClientCredentialsJson | Unset = UNSET,
) -> Response[AuthToken | ErrorAnswer]:
    """Exchange a PAT for a JWT

     Present the PAT in one of three ways: as a bearer token, as the password of HTTP Basic
    authentication (the user name is ignored), or as `client_secret` in the body. With either
    header no body is needed. A `client_secret` that is not empty wins over the header, and the
    names of the schemes, `Bearer` and `Basic`, are case-sensitive. Base64 is read laxly: either
    alphabet, with or without `=`.

    Each exchange costs the service a deliberate scrypt hash, and deployments limit the rate
    hard (429 with `Retry-After`): keep the JWT until shortly before it expires.

    On an empty table, the exchange of the one PAT that the deployment has configured creates the
    first administrator, with the owner "admin".

    Args:
        body (ClientCredentialsForm | Unset): A PAT as OAuth 2.0 client credentials (RFC 6749,
            section 4.4.2). Other fields are ignored.
        body (ClientCredentialsJson | Unset): A PAT as OAuth 2.0 client credentials (RFC 6749,
            section 4.4.2). Other fields are ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuthToken | ErrorAnswer]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: ClientCredentialsForm | ClientCredentialsJson | Unset = UNSET,
) -> AuthToken | ErrorAnswer | None:
    """Exchange a PAT for a JWT

     Present the PAT in one of three ways: as a bearer token, as the password of HTTP Basic
    authentication (the user name is ignored), or as `client_secret` in the body. With either
    header no body is needed. A `client_secret` that is not empty wins over the header, and the
    names of the schemes, `Bearer` and `Basic`, are case-sensitive. Base64 is read laxly: either
    alphabet, with or without `=`.

    Each exchange costs the service a deliberate scrypt hash, and deployments limit the rate
    hard (429 with `Retry-After`): keep the JWT until shortly before it expires.

    On an empty table, the exchange of the one PAT that the deployment has configured creates the
    first administrator, with the owner "admin".

    Args:
        body (ClientCredentialsForm | Unset): A PAT as OAuth 2.0 client credentials (RFC 6749,
            section 4.4.2). Other fields are ignored.
        body (ClientCredentialsJson | Unset): A PAT as OAuth 2.0 client credentials (RFC 6749,
            section 4.4.2). Other fields are ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuthToken | ErrorAnswer
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
