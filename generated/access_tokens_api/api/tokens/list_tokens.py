from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_answer import ErrorAnswer
from ...models.list_tokens_result import ListTokensResult
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    after_token_id: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    include_revoked: bool | Unset = False,
    include_expired: bool | Unset = False,
    include_secret_phc: bool | Unset = False,
    has_role: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["afterTokenId"] = after_token_id

    params["limit"] = limit

    params["includeRevoked"] = include_revoked

    params["includeExpired"] = include_expired

    params["includeSecretPhc"] = include_secret_phc

    params["hasRole"] = has_role

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/admin/tokens",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorAnswer | ListTokensResult | None:
    if response.status_code == 200:
        response_200 = ListTokensResult.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = ErrorAnswer.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = ErrorAnswer.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = ErrorAnswer.from_dict(response.json())

        return response_403

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
) -> Response[ErrorAnswer | ListTokensResult]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    after_token_id: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    include_revoked: bool | Unset = False,
    include_expired: bool | Unset = False,
    include_secret_phc: bool | Unset = False,
    has_role: str | Unset = UNSET,
) -> Response[ErrorAnswer | ListTokensResult]:
    """List one page of token records

     Records come in an order of the store's own, which stays the same between calls.

    `hasRole` is applied before `limit`; revoked and expired records are dropped **after** it.
    A page shorter than its limit, even an empty one, is therefore not the end of the list
    unless both `includeRevoked` and `includeExpired` are true. To walk all records, set both and
    a `limit` of at most 1000, go on from the last record's `tokenId`, and stop at the first page
    shorter than the limit.

    Args:
        after_token_id (str | Unset):
        limit (int | Unset):
        include_revoked (bool | Unset):  Default: False.
        include_expired (bool | Unset):  Default: False.
        include_secret_phc (bool | Unset):  Default: False.
        has_role (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorAnswer | ListTokensResult]
    """

    kwargs = _get_kwargs(
        after_token_id=after_token_id,
        limit=limit,
        include_revoked=include_revoked,
        include_expired=include_expired,
        include_secret_phc=include_secret_phc,
        has_role=has_role,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    after_token_id: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    include_revoked: bool | Unset = False,
    include_expired: bool | Unset = False,
    include_secret_phc: bool | Unset = False,
    has_role: str | Unset = UNSET,
) -> ErrorAnswer | ListTokensResult | None:
    """List one page of token records

     Records come in an order of the store's own, which stays the same between calls.

    `hasRole` is applied before `limit`; revoked and expired records are dropped **after** it.
    A page shorter than its limit, even an empty one, is therefore not the end of the list
    unless both `includeRevoked` and `includeExpired` are true. To walk all records, set both and
    a `limit` of at most 1000, go on from the last record's `tokenId`, and stop at the first page
    shorter than the limit.

    Args:
        after_token_id (str | Unset):
        limit (int | Unset):
        include_revoked (bool | Unset):  Default: False.
        include_expired (bool | Unset):  Default: False.
        include_secret_phc (bool | Unset):  Default: False.
        has_role (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorAnswer | ListTokensResult
    """

    return sync_detailed(
        client=client,
        after_token_id=after_token_id,
        limit=limit,
        include_revoked=include_revoked,
        include_expired=include_expired,
        include_secret_phc=include_secret_phc,
        has_role=has_role,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    after_token_id: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    include_revoked: bool | Unset = False,
    include_expired: bool | Unset = False,
    include_secret_phc: bool | Unset = False,
    has_role: str | Unset = UNSET,
) -> Response[ErrorAnswer | ListTokensResult]:
    """List one page of token records

     Records come in an order of the store's own, which stays the same between calls.

    `hasRole` is applied before `limit`; revoked and expired records are dropped **after** it.
    A page shorter than its limit, even an empty one, is therefore not the end of the list
    unless both `includeRevoked` and `includeExpired` are true. To walk all records, set both and
    a `limit` of at most 1000, go on from the last record's `tokenId`, and stop at the first page
    shorter than the limit.

    Args:
        after_token_id (str | Unset):
        limit (int | Unset):
        include_revoked (bool | Unset):  Default: False.
        include_expired (bool | Unset):  Default: False.
        include_secret_phc (bool | Unset):  Default: False.
        has_role (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorAnswer | ListTokensResult]
    """

    kwargs = _get_kwargs(
        after_token_id=after_token_id,
        limit=limit,
        include_revoked=include_revoked,
        include_expired=include_expired,
        include_secret_phc=include_secret_phc,
        has_role=has_role,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    after_token_id: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    include_revoked: bool | Unset = False,
    include_expired: bool | Unset = False,
    include_secret_phc: bool | Unset = False,
    has_role: str | Unset = UNSET,
) -> ErrorAnswer | ListTokensResult | None:
    """List one page of token records

     Records come in an order of the store's own, which stays the same between calls.

    `hasRole` is applied before `limit`; revoked and expired records are dropped **after** it.
    A page shorter than its limit, even an empty one, is therefore not the end of the list
    unless both `includeRevoked` and `includeExpired` are true. To walk all records, set both and
    a `limit` of at most 1000, go on from the last record's `tokenId`, and stop at the first page
    shorter than the limit.

    Args:
        after_token_id (str | Unset):
        limit (int | Unset):
        include_revoked (bool | Unset):  Default: False.
        include_expired (bool | Unset):  Default: False.
        include_secret_phc (bool | Unset):  Default: False.
        has_role (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorAnswer | ListTokensResult
    """

    return (
        await asyncio_detailed(
            client=client,
            after_token_id=after_token_id,
            limit=limit,
            include_revoked=include_revoked,
            include_expired=include_expired,
            include_secret_phc=include_secret_phc,
            has_role=has_role,
        )
    ).parsed
