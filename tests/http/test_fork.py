"""What is kept weakly, to be made anew after a fork, can be changed while it is walked through."""

import threading

import pytest

from access_tokens._http.fork import SafeWeakSet


class Thing:
    pass


def test_what_was_added_is_in_it_until_it_is_discarded():
    living = SafeWeakSet[Thing]()
    one, other = Thing(), Thing()
    living.add(one)
    living.add(one)
    living.add(other)
    assert set(living) == {one, other}
    living.discard(one)
    living.discard(one)
    assert list(living) == [other]
    del other  # which nothing else keeps alive
    assert list(living) == []


def test_it_may_change_while_it_is_walked_through():
    living = SafeWeakSet[Thing]()
    things = [Thing(), Thing()]
    for thing in things:
        living.add(thing)
    for thing in living:
        living.add(more := Thing())
        things.append(more)
        living.discard(thing)
    assert set(living) == set(things[2:])


@pytest.mark.usefixtures("hasty_threads")
def test_threads_change_it_while_another_walks_through_it():
    living = SafeWeakSet[Thing]()
    kept = [Thing() for _ in range(50)]
    for thing in kept:
        living.add(thing)
    is_over = threading.Event()

    def change() -> None:
        while not is_over.is_set():
            things = [Thing() for _ in range(50)]
            for thing in things:
                living.add(thing)
            for thing in things[:25]:
                living.discard(thing)

    threads = [threading.Thread(target=change) for _ in range(4)]
    for thread in threads:
        thread.start()
    is_complete = all(set(kept) <= set(living) for _ in range(500))
    is_over.set()
    for thread in threads:
        thread.join()
    assert is_complete
    assert set(living) == set(kept)
