from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barberpro.platform import ids

# The vectors that TypeID publishes for version 0.3.
VALID = {
    "00000000000000000000000000": "00000000-0000-0000-0000-000000000000",
    "00000000000000000000000001": "00000000-0000-0000-0000-000000000001",
    "0000000000000000000000000a": "00000000-0000-0000-0000-00000000000a",
    "0000000000000000000000000g": "00000000-0000-0000-0000-000000000010",
    "00000000000000000000000010": "00000000-0000-0000-0000-000000000020",
    "7zzzzzzzzzzzzzzzzzzzzzzzzz": "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "0123456789abcdefghjkmnpqrs": "0110c853-1d09-52d8-d73e-1194e95b5f19",
    "01h455vb4pex5vsknk084sn02q": "01890a5d-ac96-774b-bcce-b302099a8057",
}
INVALID = [
    "PREFIX_00000000000000000000000000",
    "12345_00000000000000000000000000",
    "pre.fix_00000000000000000000000000",
    "préfix_00000000000000000000000000",
    "  prefix_00000000000000000000000000",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl_00000000000000000000000000",
    "_00000000000000000000000000",
    "_",
    "prefix_1234567890123456789012345",
    "prefix_123456789012345678901234567",
    "prefix_1234567890123456789012345 ",
    "prefix_0123456789ABCDEFGHJKMNPQRS",
    "prefix_123456789-123456789-123456",
    "prefix_ooooooiiiiiiuuuuuuulllllll",
    "prefix_i23456789ol23456789oi23456",
    "prefix_8zzzzzzzzzzzzzzzzzzzzzzzzz",
    "_prefix_00000000000000000000000000",
    "prefix__00000000000000000000000000",
    "",
    "prefix_00000000000000000000000000\n",
]


@pytest.mark.parametrize("text", VALID)
def test_digits_are_those_of_typeid(text: str) -> None:
    assert ids.encode(UUID(VALID[text]).int) == text
    assert ids.prefix_of(f"prefix_{text}") == "prefix"


@pytest.mark.parametrize("text", INVALID)
def test_what_is_no_id_has_no_prefix(text: str) -> None:
    assert ids.prefix_of(text) is None
    with pytest.raises(ValueError, match="is not an id"):
        ids.made_at(text)


def test_a_long_text_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="is not an id") as caught:
        ids.made_at("x" * 1_000_000)
    assert len(str(caught.value)) < 100


def test_the_number_is_a_uuid_of_version_7() -> None:
    """The example of RFC 9562, appendix A.6; the six spare random bits fall away."""
    random = (0xCC3 << 68 | 0x3F << 62 | 0x18C4DC0C0C07398F).to_bytes(10)
    number = ids.uuid7(0x017F22E279B0, random)
    assert UUID(int=number) == UUID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
    assert UUID(int=number).version == 7


MILLISECONDS = st.integers(0, 2**48 - 1)
NOISE = st.binary(min_size=10, max_size=10)


@given(MILLISECONDS, NOISE, MILLISECONDS, NOISE)
def test_ids_sort_by_the_millisecond_they_were_made_in(
    one: int, noise: bytes, other: int, more: bytes
) -> None:
    first, second = (ids.encode(ids.uuid7(*pair)) for pair in ((one, noise), (other, more)))
    if one != other:
        assert (first < second) == (one < other)


@given(st.integers(0, 4_102_444_800_000), NOISE)
def test_an_id_tells_when_it_was_made(milliseconds: int, noise: bytes) -> None:
    made = ids.made_at(f"bkg_{ids.encode(ids.uuid7(milliseconds, noise))}")
    assert made == datetime.fromtimestamp(milliseconds / 1000, UTC)


def test_fresh_ids_differ_and_say_now() -> None:
    before = datetime.now(UTC)
    made = [ids.new("bkg") for _ in range(1000)]
    assert len(set(made)) == 1000
    assert all(ids.prefix_of(one) == "bkg" for one in made)
    assert abs((ids.made_at(made[0]) - before).total_seconds()) < 5
