import pytest
from starlette.datastructures import Headers

from shop.cart import clamp, new_token, parse, valid_token
from shop.customer import parse_customer
from shop.errors import InvalidFieldsError
from shop.settings import Settings
from shop.theme import short, tone_of
from shop.traffic import is_foreign

GOOD = {"name": "Ada", "email": "ada@example.org", "address": "12 Square\r\nLondon"}


def test_a_good_form_is_a_customer_with_white_space_cut_off() -> None:
    customer = parse_customer(GOOD | {"name": "  Ada \t"})

    assert (customer.name, customer.address) == ("Ada", "12 Square\nLondon")


def test_all_bad_fields_are_named_at_once() -> None:
    with pytest.raises(InvalidFieldsError) as caught:
        parse_customer({"name": " ", "email": "no-at-sign", "address": "x" * 301})

    assert sorted(caught.value.fields) == ["address", "email", "name"]


@pytest.mark.parametrize("email", ["a@b", "@x.org", "a b@x.org", "a@@x.org", "a@x.org\nBcc: all@x"])
def test_an_address_that_cannot_be_one_is_refused(email: str) -> None:
    with pytest.raises(InvalidFieldsError) as caught:
        parse_customer(GOOD | {"email": email})

    assert list(caught.value.fields) == ["email"]


def test_nul_bytes_never_reach_the_database() -> None:
    assert "\x00" not in parse_customer(GOOD | {"name": "A\x00da"}).name


def test_the_pieces_of_a_line_have_bounds() -> None:
    assert [clamp(-1), clamp(0), clamp(20), clamp(21)] == [0, 0, 20, 20]


def test_a_stored_cart_that_was_damaged_loses_only_the_damage() -> None:
    assert parse({"mug": "2", "pen": "x", "bowl": "0", "vase": "-3", "lamp": "99"}) == {
        "lamp": 20,
        "mug": 2,
    }


def test_only_our_own_tokens_name_a_cart() -> None:
    token = new_token()

    assert valid_token(token) == token
    assert [valid_token(text) for text in (None, "", "*", token[:-1], token + "\n")] == [None] * 5


def test_a_form_of_another_site_is_told_apart() -> None:
    ours = Headers({"host": "127.0.0.1:8081", "origin": "http://127.0.0.1:8081"})
    theirs = Headers({"host": "127.0.0.1:8081", "origin": "http://127.0.0.1:8082"})

    assert not is_foreign("POST", ours)
    assert is_foreign("POST", theirs)
    assert is_foreign("DELETE", Headers({"host": "a", "origin": "null"}))
    assert not is_foreign("GET", theirs)
    assert not is_foreign("POST", Headers({"host": "a"}))


def test_settings_have_defaults_and_name_what_is_wrong() -> None:
    assert Settings.read({}).port == 8080
    assert Settings.read({"SHOP_ENVIRONMENT": "", "SHOP_RELEASE": ""}).environment == "development"
    with pytest.raises(SystemExit, match="SHOP_PORT"):
        Settings.read({"SHOP_PORT": "http"})


def test_the_strip_shows_a_short_commit_and_a_colour_for_each_environment() -> None:
    assert (short("0123456789" * 4), short("dev")) == ("0123456", "dev")
    assert (tone_of("staging"), tone_of("production")) == ("amber", "green")
    assert tone_of("preview-42") == tone_of("anything")
