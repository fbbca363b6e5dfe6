"""The fixtures, which pytest knows without being told."""

import os

import httpx


def test_service_fixture_is_a_running_service(access_tokens_service):
    with httpx.Client(base_url=access_tokens_service.endpoint, verify=False) as http:
        assert http.get("/").status_code == 404


def test_env_fixture_names_the_service_in_the_environment(access_tokens_env, access_tokens_service):
    assert access_tokens_env is access_tokens_service
    assert os.environ["ACCESS_TOKENS_ENDPOINT"] == access_tokens_env.endpoint
    assert os.environ["ACCESS_TOKENS_API_KEY"] == access_tokens_env.admin_pat
