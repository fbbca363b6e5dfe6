"""Bodies that the admin routes refuse. Which they are is in conformance/."""

ID = "abcdefghijklmnopqrstu"


def test_details_name_every_problem_in_the_words_of_zod(admin):
    answer = admin.post("/admin/tokens", json={"isAdmin": 0, "roles": [1, "x", ""]})

    assert answer.json()["error"]["message"] == "Invalid request body"
    assert answer.json()["error"]["details"].splitlines() == [
        "✖ Invalid input: expected a value, received undefined",
        "  → at owner",
        "✖ Invalid input: expected boolean, received number",
        "  → at isAdmin",
        "✖ Invalid input: expected string, received number",
        "  → at roles[0]",
        "✖ Too small: expected string to have >=1 characters",
        "  → at roles[2]",
    ]


def test_a_refused_body_stores_nothing(service, admin):
    answer = admin.post("/admin/tokens", json={"owner": "x", "tokenId": ID, "surprise": 1})

    assert answer.status_code == 400
    assert service.record(ID) is None


def test_json_too_deep_to_be_read_is_400(admin):
    headers = {"Content-Type": "application/json"}

    assert admin.post("/admin/tokens", content=b"[" * 90_000, headers=headers).status_code == 400
