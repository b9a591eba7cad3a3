"""
A tag proves one object: nothing about another one, by whatever it differs.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.model.observed import ObservedState, ObservedVolume
from sandbox.model.ownership import Claim, Evidence, Keyring, Kind
from sandbox.model.service import VolumeMount
from sandbox.planning.labels import ENVIRONMENT, INSTANCE, REPLICA, SERVICE, SPEC, TAG
from sandbox.planning.ownership import (
    NO_TAG,
    adopted_tag,
    claim_text,
    derived_instance,
    sift,
    sign,
    signed_at,
)
from tests.builders import INSTANCE as ID
from tests.builders import a_desired_state, a_service, a_volume, an_observed_state, an_owner

KEY = b"k" * 32
BOUND = (INSTANCE, ENVIRONMENT, SERVICE, REPLICA, SPEC)
TEXTS = st.text(max_size=12)
LABELS = st.fixed_dictionaries(dict.fromkeys(BOUND, TEXTS))
SIGNED_AT = 1_800_000_000.0


def tagged(kind: Kind, name: str, carried: dict[str, str]) -> dict[str, str]:
    tag = sign(KEY, kind, name, carried, at=SIGNED_AT, nonce="0123456789abcdef")
    return {**carried, TAG: tag}


@given(st.sampled_from(Kind), TEXTS, LABELS, TEXTS)
def test_a_tag_is_right_for_what_it_was_made_for(
    kind: Kind, name: str, carried: dict[str, str], other: str
) -> None:
    labels = {**tagged(kind, name, carried), "theirs": other}
    assert signed_at((b"another", KEY), kind, name, labels) == SIGNED_AT
    if kind is Kind.CONTAINER:
        assert signed_at((KEY,), kind, other, labels) == SIGNED_AT


@given(st.sampled_from(Kind), TEXTS, LABELS, st.data())
def test_a_tag_is_wrong_for_anything_else(
    kind: Kind, name: str, carried: dict[str, str], data: st.DataObject
) -> None:
    labels = tagged(kind, name, carried)
    label = data.draw(st.sampled_from(BOUND))
    text = data.draw(TEXTS.filter(lambda each: each != carried[label]))
    assert signed_at((KEY,), kind, name, {**labels, label: text}) is None
    another = data.draw(st.sampled_from([each for each in Kind if each is not kind]))
    assert signed_at((KEY,), another, name, labels) is None
    assert signed_at((b"another",), kind, name, labels) is None
    assert signed_at((), kind, name, labels) is None
    if kind is not Kind.CONTAINER:
        assert signed_at((KEY,), kind, name + "x", labels) is None
    place = data.draw(st.integers(0, len(labels[TAG]) - 1))
    sign_there = data.draw(st.characters().filter(lambda each: each != labels[TAG][place]))
    damaged = labels[TAG][:place] + sign_there + labels[TAG][place + 1 :]
    assert signed_at((KEY,), kind, name, {**labels, TAG: damaged}) is None


@given(st.text(max_size=80))
def test_no_text_is_a_tag_and_none_is_an_error(text: str) -> None:
    assert signed_at((KEY,), Kind.VOLUME, "data", {TAG: text}) is None


def legacy_volume(created_at: float = SIGNED_AT) -> tuple[ObservedState, Evidence, ObservedVolume]:
    """Give a volume as an earlier version made it, before this version ran."""
    mount = VolumeMount(volume="data", target="/data")
    desired = a_desired_state(a_service(mounts=[mount]))
    volume = replace(a_volume(desired, desired.volumes[0]), created_at=created_at)
    evidence = Evidence(instance=ID, keyring=Keyring(legacy_before=SIGNED_AT + 1))
    return an_observed_state(desired, networks=(), volumes=[volume]), evidence, volume


def test_a_volume_of_an_earlier_version_is_adopted_and_stays_it_when_it_is_written_to() -> None:
    observed, evidence, volume = legacy_volume()
    sifted = sift(observed, evidence)
    assert sifted.observed.volumes == (volume,)
    assert sifted.learned == {adopted_tag(Kind.VOLUME, volume.name): volume.name}

    written, _, later = legacy_volume(created_at=SIGNED_AT + 100)
    assert sift(written, evidence).observed.volumes == ()
    assert sift(written, replace(evidence, made=sifted.learned)).observed.volumes == (later,)


def test_a_claim_says_what_it_is_why_and_what_to_do() -> None:
    claim = Claim(kind=Kind.VOLUME, name="data", object_id="data", reason=NO_TAG)
    assert claim_text(claim) == (
        "volume data has our labels and is not ours: it has no tag, so sandbox did not create it;"
        " it is left alone. Remove it yourself, or: sandbox doctor --adopt data"
    )


@pytest.mark.parametrize("number", [0, 1, 2])
def test_an_id_is_twelve_hex_digits_and_the_next_one_is_another(number: int) -> None:
    found = derived_instance(b"/home/ada/shop/.git", number)
    assert len(found) == 12
    int(found, 16)
    assert found != derived_instance(b"/home/ada/shop/.git", number + 1)
    assert an_owner().instance != found
