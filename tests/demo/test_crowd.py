"""In the arena nineteen other tenants stand around the measured one."""

import pytest

from barberpro.demo.chain import generated
from barberpro.demo.clients import TENANTS, tenants
from barberpro.demo.columns import row_count
from barberpro.demo.scales import CROWD, SCALES, Scale

from .conftest import ANCHOR, SEED


def test_the_arena_has_twenty_tenants_and_those_that_tell_of_the_others_come_last() -> None:
    found = tenants(SCALES["arena"])
    assert len({tenant.id for tenant in found}) == len({tenant.name for tenant in found}) == 20
    assert found[-2:] == TENANTS
    assert [tenant.scale for tenant in found[:-2]] == list(CROWD)
    assert not any(tenant.clients for tenant in found[:-2])


@pytest.mark.parametrize("name", sorted(SCALES.keys() - {"arena"}))
def test_elsewhere_there_is_no_crowd(name: str) -> None:
    assert tenants(SCALES[name]) == TENANTS


def test_the_crowd_is_half_as_large_as_the_measured_tenant_and_of_very_different_sizes() -> None:
    sizes = [scale.bookings for scale in CROWD]
    assert sum(sizes) * 2 == SCALES["arena"].bookings
    assert max(sizes) == 34 * min(sizes)


@pytest.mark.parametrize("scale", [CROWD[0], CROWD[9]], ids=lambda scale: scale.name)
def test_tenants_of_the_crowd_can_be_made(scale: Scale) -> None:
    made = generated(scale, seed=SEED, tenant="org_x", anchor=ANCHOR)
    assert {name: row_count(made[name]) for name in ("bookings", "invoices", "customers")} == {
        name: getattr(scale, name) for name in ("bookings", "invoices", "customers")
    }
