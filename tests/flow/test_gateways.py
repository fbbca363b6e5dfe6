"""What is said of a failure by those who stand before the service, each in its own shape."""

import json
from typing import Any

import pytest

from access_tokens import ApiError

from .answers import said

pytestmark = pytest.mark.fault(85)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"message": "Forbidden"}, "Forbidden"),
        ({"Message": "User is not authorized to access this"}, "User is not authorized to access this"),
        ({"errorMessage": "Task timed out", "errorType": "Sandbox.Timedout"}, "Task timed out"),
        ({"title": "Out of credit", "detail": "Your balance is 30.", "status": 403}, "Your balance is 30."),
        ({"detail": [{"loc": ["a", "b"], "msg": "required"}, {"msg": "odd"}]}, "a.b: required; odd"),
        ({"detail": {"reason": "no quota"}}, "no quota"),
        ({"errors": ["first", "second"]}, "first; second"),
        ({"errors": [{"code": 9109, "message": "Invalid access token"}]}, "Invalid access token"),
        ({"errors": [{"message": "is taken", "path": ["user", "name"]}]}, "user.name: is taken"),
        ({"message": "Invalid data", "errors": {"owner": ["is required"]}}, "owner: is required"),
        ({"error": "Bad Request", "message": ["a is", "b is"], "statusCode": 400}, "a is; b is"),
        ({"error": True, "message": "no"}, "no"),
        ({"Error_Msg": "no"}, "no"),
        ({"message": "  ", "error": "real"}, "real"),
        ({"message": "Forbidden", "error": "IP not in allow list"}, "IP not in allow list"),
        ({"title": "Quota exceeded", "detail": "Forbidden"}, "Quota exceeded"),
        ({"error": {"message": "Bad Request"}, "detail": "odd"}, "odd"),
        ({"message": "Missing Credentials", "description": "Invalid Credentials."}, "Invalid Credentials."),
        ({"errors": {"owner": "is required"}}, "owner: is required"),
        ({"error": {"code": "", "message": {"lang": "en", "value": "no"}}}, "no"),
        ({"odata.error": {"message": {"value": "no"}}}, "no"),
        ({"httpMessage": "Unauthorized", "moreInformation": "Invalid secret."}, "Invalid secret."),
        ({"status": "fail", "data": {"title": "A title is required"}}, "A title is required"),
        ({"ResponseStatus": {"ErrorCode": "x", "Message": "no"}}, "no"),
        ({"error": {}, "message": "no"}, "no"),
        ({"message": "Request failed", "error": {"message": "Token not found"}}, "Token not found"),
        ({"fault": {"faultstring": "Invalid ApiKey", "detail": {"errorcode": "x"}}}, "Invalid ApiKey"),
        ({"non_field_errors": ["No such user."]}, "non_field_errors: No such user."),
        ({"errors": [{"field": "owner", "message": "is odd"}]}, "owner: is odd"),
        ({"a": {"b": {"c": {"message": "four deep"}}}}, "four deep"),
        ("a mere text", "a mere text"),
        (["a", {"message": "b"}], "a; b"),
    ],
)
def test_json_says_it_in_many_shapes(body, message):
    assert said(json.dumps(body)) == ApiError(message)
    assert said(json.dumps(body), "application/problem+json; charset=utf-8") == ApiError(message)


def test_a_reason_for_a_program_is_the_code():
    refused = {"error": "invalid_client", "error_description": "Client authentication failed"}
    assert said(refused) == ApiError("Client authentication failed", "invalid_client")
    assert said({"errorCode": "E0011", "errorSummary": "Invalid token"}) == ApiError("Invalid token", "E0011")
    assert said({"Error": {"Code": "X", "Message": "no"}}) == ApiError("no", "X")
    assert said({"code": "X", "message": "no", "details": {"a": 1}}) == ApiError("no", "X", {"a": 1})


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ('<?xml version="1.0"?>\n<E><Code>X</Code><Message>&lt;no&gt;</Message></E>', ApiError("<no>", "X")),
        ('<s:F><faultcode>s:C</faultcode><faultstring xml:lang="en">no</faultstring>', ApiError("no", "s:C")),
        ("<error><message><![CDATA[a <b> c]]></message></error>", ApiError("a <b> c")),
        ("<problem><title>Odd</title><detail>Very odd</detail></problem>", ApiError("Very odd")),
        ("<error><message/><message></message><message>at last</message></error>", ApiError("at last")),
        ("<error>Denied by <b>rule</b> 7</error>", ApiError("Denied by rule 7")),
        ("<error>403</error>", None),
    ],
)
def test_xml_says_it(body, error):
    for media_type in ("application/xml", "text/xml; charset=utf-8", "application/soap+xml"):
        assert said(body, media_type) == error


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<html><head><title>Access denied | WAF</title></head><pre>x</pre>", "Access denied | WAF"),
        ("<TITLE\nid=x>\n Bad &amp; odd \n</TITLE><h1>else</h1>", "Bad & odd"),
        ("<html><body><h1>403 Forbidden</h1>\nBy rule 7.</body>", "403 Forbidden By rule 7."),
        ("<style>b {}</style><script>x</script><!-- c --><p>Sorry,<br>no.", "Sorry, no."),
        ("<svg><title>icon</title></svg><title> </title><title>at last</title>", "at last"),
        ("<!-- <title>Old</title> --><script>'<title>js</title>'</script><title>Real</title>", "Real"),
        (f"<style>{' a' * 50_000}</style><title>Real</title>", "Real"),
        ("\n" * 1500 + "<title>Real</title>", "Real"),
        ("<title>Error</title><pre>Error: odd<br> &nbsp; at f</pre>", "odd"),
    ],
)
def test_a_page_says_it_in_its_title_or_else_in_its_text(body, message):
    assert said(body, "text/html") == ApiError(message)


@pytest.mark.parametrize(
    ("body", "media_type", "message"),
    [
        ('{"message": "no"}', "text/plain", "no"),
        ('\n{"message": "no"}', "text/html", "no"),
        ("<!DOCTYPE HTML><title>no</title>", "text/plain", "no"),
        ("<html><title>no</title>", "application/json", "no"),
        ("<Error><Message>no</Message></Error>", "text/plain", "no"),
        ("404 page not found\n", "text/plain; charset=utf-8", "404 page not found"),
        ("RBAC: access denied", "text/html", "RBAC: access denied"),
        ("Unauthorized\n", "application/json", "Unauthorized"),
        ("[proxy] no upstream", "text/plain", "[proxy] no upstream"),
        ("<h1>Blocked</h1>", "text/plain", "Blocked"),
        ("<Error><Message>no</Message></Error>", "application/json", "no"),
        ('{"__type": "x", "Message": "no"}', "application/x-amz-json-1.1", "no"),
        ('{"message": "no"}', "application/octet-stream", "no"),
    ],
)
def test_what_is_said_counts_more_than_what_it_is_said_to_be(body, media_type, message):
    assert said(body, media_type) == ApiError(message)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        ("Accès refusé".encode("latin-1"), "text/plain; charset=iso-8859-1"),
        ('{"message": "Accès refusé"}'.encode("latin-1"), "application/json; charset=ISO-8859-1"),
        ('{"message": "Accès refusé"}'.encode("utf-16"), "application/json"),
        ("<title>Accès refusé</title>".encode("cp1252"), 'text/html;charset="windows-1252"'),
        ('<meta charset="iso-8859-1"><title>Accès refusé</title>'.encode("latin-1"), "text/html"),
        ('<?xml encoding="utf-16"?><m><Message>Accès refusé</Message></m>'.encode("utf-16"), "text/xml"),
    ],
)
def test_it_is_read_in_its_own_characters(content, media_type):
    assert said(content, media_type) == ApiError("Accès refusé")


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        ({"message": "a\nsecret-word {}"}, "application/json"),
        ({"detail": [{"msg": "a\tsecret-word {}"}]}, "application/json"),
        ("<Message>a secret-word {}</Message>", "application/xml"),
        ("<title>a secret&#45;word {}</title>", "text/html"),
    ],
)
def test_it_is_one_line_without_secrets_and_bounded(body, media_type):
    text = (body if isinstance(body, str) else json.dumps(body)).replace("{}", "long " * 2000)
    error = said(text, media_type, "secret-word")
    assert isinstance(error, ApiError)
    assert error.message.startswith("a [hidden] long long")
    assert len(error.message) == 4096


@pytest.mark.parametrize("names", [[], ["detail", "errors", "message", "reason", "title"]])
def test_no_nested_body_takes_long(names):
    """It would take minutes if each name were looked for in each value, or each value read."""
    body: Any = 7
    for _ in range(30):
        body = dict.fromkeys(names, body) if names else [body] * 2 + [[]] * 20
        if len(json.dumps(body)) > 2**17:
            break
    assert said(body) is None
