"""The master key, and values sealed with it."""

import base64
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from barberpro.platform.crypto import MasterKeyUnusable, Sealer, Unsealable, load_master
from barberpro.platform.settings import Settings

MASTER = bytes(range(32))
OTHER = bytes(reversed(range(32)))
ABOUT = b"signing_keys/k1"


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_what_was_sealed_opens_again(plain: bytes, about: bytes) -> None:
    assert Sealer(MASTER).open(Sealer(MASTER).seal(plain, about), about) == plain


def test_a_sealed_value_says_its_form_its_algorithm_and_its_key() -> None:
    sealed = Sealer(MASTER).seal(b"plain", ABOUT)
    assert sealed[:2] == b"\x01\x01"
    assert sealed[2:6] == Sealer(MASTER).seal(b"other", b"")[2:6]
    assert sealed[2:6] != Sealer(OTHER).seal(b"plain", ABOUT)[2:6]
    assert len(sealed) == 2 + 4 + 12 + len(b"plain") + 16
    assert b"plain" not in sealed


def test_the_same_value_is_never_sealed_alike() -> None:
    assert Sealer(MASTER).seal(b"plain", ABOUT) != Sealer(MASTER).seal(b"plain", ABOUT)


def test_every_flipped_bit_is_noticed() -> None:
    sealed = Sealer(MASTER).seal(b"plain", ABOUT)
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Unsealable):
            Sealer(MASTER).open(bytes(changed), ABOUT)


@pytest.mark.parametrize("length", [0, 1, 6, 18, 33])
def test_a_shortened_value_does_not_open(length: int) -> None:
    with pytest.raises(Unsealable):
        Sealer(MASTER).open(Sealer(MASTER).seal(b"", ABOUT)[:length], ABOUT)


def test_a_value_moved_elsewhere_does_not_open() -> None:
    with pytest.raises(Unsealable):
        Sealer(MASTER).open(Sealer(MASTER).seal(b"plain", ABOUT), b"signing_keys/k2")


def test_another_master_key_opens_nothing() -> None:
    with pytest.raises(Unsealable, match="another key"):
        Sealer(OTHER).open(Sealer(MASTER).seal(b"plain", ABOUT), ABOUT)


def test_a_derived_key_belongs_to_its_master_and_its_purpose() -> None:
    cursors = Sealer(MASTER).derived("cursors")
    assert len(cursors) == 32
    assert cursors == Sealer(MASTER).derived("cursors")
    assert cursors != Sealer(MASTER).derived("sealing")
    assert cursors != Sealer(OTHER).derived("cursors")
    # RFC 5869 with no salt, computed once by hand: a change would void every cursor and every seal.
    assert cursors == bytes.fromhex(
        "5d0d9dab0624ce5d8ae282d9e387feb9952939823610b2a77812a2653b63c6ab"
    )


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_master_key_has_32_bytes(length: int) -> None:
    with pytest.raises(MasterKeyUnusable, match="32 bytes"):
        Sealer(bytes(length))


def given_key(text: str, folder: Path) -> Settings:
    return Settings(data_dir=folder, master_key=SecretStr(text))


def test_the_environment_names_the_master_key(tmp_path: Path) -> None:
    text = base64.b64encode(MASTER).decode()
    assert load_master(given_key(text, tmp_path / "data")) == MASTER
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "text", ["", "short", "A" * 43, base64.b64encode(bytes(31)).decode(), "ñ" * 44, "-_" * 22]
)
def test_a_malformed_master_key_is_told_without_repeating_it(text: str, tmp_path: Path) -> None:
    with pytest.raises(MasterKeyUnusable, match="BARBERPRO_MASTER_KEY must hold 32 bytes") as told:
        load_master(given_key(text, tmp_path))
    assert not text or text not in str(told.value)


def test_the_master_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", master_key=None)
    before = os.umask(0)
    try:
        made = load_master(settings)
    finally:
        os.umask(before)
    file = tmp_path / "data" / "master.key"
    assert load_master(settings) == made
    assert base64.b64decode(file.read_text()) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == ["master.key"]


def test_a_master_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, master_key=None)
    load_master(settings)
    (tmp_path / "master.key").chmod(0o640)
    with pytest.raises(MasterKeyUnusable, match="chmod 600"):
        load_master(settings)


def test_a_master_key_file_cut_short_is_refused_and_kept(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, master_key=None)
    load_master(settings)
    (tmp_path / "master.key").write_text("cut")
    with pytest.raises(MasterKeyUnusable, match=r"master\.key must hold 32 bytes"):
        load_master(settings)
    assert (tmp_path / "master.key").read_text() == "cut"


def test_of_processes_that_start_at_once_the_first_ones_key_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=tmp_path, master_key=None)
    first = load_master(settings)
    monkeypatch.setattr(Path, "exists", lambda _: False)  # the second looked a moment too early
    assert load_master(settings) == first
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]
