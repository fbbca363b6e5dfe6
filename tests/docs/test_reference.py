"""What the reference shows of a docstring and a signature, beyond what Sphinx does by itself."""

import html
import re

import pytest

pytestmark = pytest.mark.untraced


@pytest.fixture
def entry(site):
    """The text of an entry of the reference, which begins with its signature, on one line."""

    def of(page: str, name: str) -> str:
        source = (site.folder / "reference" / f"{page}.html").read_text()
        found = re.search(
            rf'<dt class="sig[^>]* id="access_tokens.{name}">.*?(?=<dt class="sig|</article>)',
            source,
            re.DOTALL,
        )
        assert found
        return " ".join(html.unescape(re.sub("<[^>]+>", "", found[0])).split())

    return of


def test_an_async_method_has_the_arguments_and_errors_of_its_sync_twin_before_its_example(entry):
    text = entry("async_client", "AsyncAccessTokensClient.issue")
    places = [
        text.index(part)
        for part in ("Parameters: owner", "Raises: ", "ConflictError", "Example: ", "await client.issue(")
    ]
    assert places == sorted(places)


def test_an_error_does_not_repeat_the_arguments_of_its_base_class(entry):
    assert "token_id_chosen_here: bool = False" in entry("errors", "AccessTokensError")
    assert entry("errors", "NotFoundError").startswith("exception access_tokens.NotFoundError¶ ")


def test_defaults_are_shown_as_a_reader_would_write_them(entry):
    assert "retries: int = 3" in entry("options", "RetryPolicy")
    assert "retry: RetryPolicy = RetryPolicy()," in entry("client", "AccessTokensClient")
    assert "admin_pat: str = ...," in entry("testing", "testing.LocalService")


def test_names_in_backticks_are_links_and_other_texts_are_code(site):
    source = (site.folder / "reference" / "client.html").read_text()
    assert re.search(r'href="errors.html#access_tokens.NotFoundError"[^>]*><code', source)
    assert 'href="#access_tokens.AccessTokensClient.iter_tokens" title=' in source
    assert re.search(r'href="https://docs.python.org/3/library/ssl.html#ssl.SSLContext"', source)
    assert re.search(r"<code[^>]*><span class=.pre.>outcome_unknown</span></code>", source)
    assert not re.search(r'href="https?://"', source)
