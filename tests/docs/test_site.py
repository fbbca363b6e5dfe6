"""The site reads well in a real browser: on a narrow screen, in the dark, without a network."""

import json
from urllib.parse import urldefrag, urlsplit

import pytest
from playwright.sync_api import expect

from .site import launch, look, look_at_all, once, opened

pytestmark = pytest.mark.untraced


@pytest.fixture(scope="module")
def browser():
    """For no longer than this module needs it: its event loop counts as the one that runs in the thread."""
    with launch() as browser:
        yield browser


@pytest.fixture(scope="module")
def pages(browser, site):
    seen = once(site.folder.with_suffix(".json"), lambda: json.dumps(look_at_all(browser, site)))
    return json.loads(seen)


def test_the_build_has_no_warnings(site):
    assert site.warnings == ""


def test_every_page_is_there(pages):
    assert {path: page["status"] for path, page in pages.items()} == dict.fromkeys(pages, 200)


def test_every_page_is_in_the_menu_with_its_title(pages):
    menu = dict(pages["index.html"]["menu"])
    assert menu == {path: page["heading"] for path, page in pages.items() if path != "index.html"}


def test_the_title_of_the_window_begins_with_that_of_the_page(pages):
    assert [page["title"] for page in pages.values() if not page["title"].startswith(page["heading"])] == []


def test_the_browser_complains_of_nothing(pages):
    assert {path: page["troubles"] for path, page in pages.items() if page["troubles"]} == {}


def test_every_link_within_the_site_leads_somewhere(pages):
    places = {path: {"", *page["anchors"]} for path, page in pages.items()}
    links = [
        urldefrag(link) for page in pages.values() for link in page["links"] if not urlsplit(link).scheme
    ]
    assert links
    assert {link for link in links if link.fragment not in places.get(link.url, ())} == set()


def test_no_page_scrolls_sideways_on_a_narrow_screen(pages):
    assert {path: page["wide"] for path, page in pages.items() if page["wide"]} == {}


def test_all_text_can_be_read_by_daylight_and_in_the_dark(pages):
    assert {path: page["faint"] for path, page in pages.items() if page["faint"]} == {}


def test_so_can_that_of_pictures(pages, site, browser):
    pictures = {picture for page in pages.values() for picture in page["pictures"]}
    with opened(browser, site, 1280) as (page, _):
        faint = {picture: look(page, site.url + picture)["faint"] for picture in pictures}
    assert faint == {picture: [] for picture in pictures}


@pytest.mark.parametrize(
    ("words", "title"),
    [("rotate", "Rotate without downtime"), ("batch_load", "access_tokens.AccessTokensClient.batch_load")],
)
def test_a_search_finds(words, title, site, browser):
    with opened(browser, site, 1280) as (page, troubles):
        page.goto(site.url)
        page.get_by_role("textbox", name="Search").fill(words)
        page.keyboard.press("Enter")
        page.locator("#search-results").get_by_role("link", name=title, exact=True).click()
        expect(page.get_by_role("main")).to_contain_text(words, ignore_case=True)
        if anchor := urldefrag(page.url).fragment:
            expect(page.locator(f'[id="{anchor}"]')).to_be_in_viewport()
    assert troubles == []
