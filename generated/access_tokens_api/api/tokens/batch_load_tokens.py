from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.batch_load_request import BatchLoadRequest
from ...models.batch_load_result import BatchLoadResult
from ...models.error_answer import ErrorAnswer
from ...types import Response


def _get_kwargs(
    *,
    body: BatchLoadRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/admin/tokens/batch",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> BatchLoadResult | ErrorAnswer | None:
    if response.status_code == 200:
        response_200 = BatchLoadResult.from_dict(response.json())

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
) -> Response[BatchLoadResult | ErrorAnswer]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: BatchLoadRequest,
) -> Response[BatchLoadResult | ErrorAnswer]:
    """Load the records of a set of token ids

     Answers the records of those ids that exist, revoked and expired ones included, in any order,
    and the ids that do not exist, hidden ones among them. How many ids fit is a matter of the
    100 kB limit on the body. One id that is too long for the store fails all of them (500).

    Args:
        body (BatchLoadRequest): Which records to load.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BatchLoadResult | ErrorAnswer]
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
    client: AuthenticatedClient | Client,
    body: BatchLoadRequest,
) -> BatchLoadResult | ErrorAnswer | None:
    """Load the records of a set of token ids

     Answers the records of those ids that exist, revoked and expired ones included, in any order,
    and the ids that do not exist, hidden ones among them. How many ids fit is a matter of the
    100 kB limit on the body. One id that is too long for the store fails all of them (500).

    Args:
        body (BatchLoadRequest): Which records to load.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BatchLoadResult | ErrorAnswer
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: BatchLoadRequest,
) -> Response[BatchLoadResult | ErrorAnswer]:
    """Load the records of a set of token ids

     Answers the records of those ids that exist, revoked and expired ones included, in any order,
    and the ids that do not exist, hidden ones among them. How many ids fit is a matter of the
    100 kB limit on the body. One id that is too long for the store fails all of them (500).

    Args:
        body (BatchLoadRequest): Which records to load.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BatchLoadResult | ErrorAnswer]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: BatchLoadRequest,
) -> BatchLoadResult | ErrorAnswer | None:
    """Load the records of a set of token ids

     Answers the records of those ids that exist, revoked and expired ones included, in any order,
    and the ids that do not exist, hidden ones among them. How many ids fit is a matter of the
    100 kB limit on the body. One id that is too long for the store fails all of them (500).

    Args:
        body (BatchLoadRequest): Which records to load.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BatchLoadResult | ErrorAnswer
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
