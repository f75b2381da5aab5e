"""What a price consists of: net amount and tax, in integers that always add up. Pure.

In Argentina a consumer is shown the total and final price, and the net amount beside it (Resolución 4/2025 of the
Secretaría de Industria y Comercio, which took the place of 7/2002), so the tax is taken out of a price, never put on
top. It is rounded once for each rate, half to even, over all that is charged at that rate: the tax authority checks a
receipt by the sums of its rates, and rounding each line would drift from them by up to half a cent a line.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

WHOLE = 10_000  # basis points in 100 %

RATES = (0, 250, 500, 1050, 2100, 2700)
"""VAT rates in basis points, as the tax authority's table of rates has them (FEParamGetTiposIva)."""
STANDARD_RATE = 2100
"""For services, where nothing else is said: Ley de IVA (23.349), article 28."""


@dataclass(frozen=True)
class Charge:
    """A final price, and the rate of the tax in it."""

    total_minor: int
    rate_bps: int


@dataclass(frozen=True)
class Split:
    """A final price taken apart: the two add up to it."""

    net_minor: int
    tax_minor: int


def split(total_minor: int, rate_bps: int) -> Split:
    """The net amount in a final price, rounded half to even, and the tax as what is left."""
    net = half_even(total_minor * WHOLE, WHOLE + rate_bps)
    return Split(net, total_minor - net)


def taxed(charges: Sequence[Charge]) -> list[Split]:
    """Each charge taken apart, so that those of a rate add up to the split of their sum.

    What rounding leaves over goes to the charges that lost most by it (largest remainder, the first
    of equals), so each is within a minor unit of its own exact share.
    """
    places: dict[int, list[int]] = defaultdict(list)
    for at, charge in enumerate(charges):
        places[charge.rate_bps].append(at)
    nets = [0] * len(charges)
    for rate_bps, ats in places.items():
        totals = [charges[at].total_minor for at in ats]
        net = split(sum(totals), rate_bps).net_minor
        for at, share in zip(ats, _shares(net, totals), strict=True):
            nets[at] = share
    return [Split(net, c.total_minor - net) for net, c in zip(nets, charges, strict=True)]


def half_even(numerator: int, denominator: int) -> int:
    """The quotient as the nearest integer; of two as near, the even one."""
    quotient, rest = divmod(numerator, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and quotient % 2):
        return quotient + 1
    return quotient


def _shares(amount: int, weights: Sequence[int]) -> list[int]:
    """The amount in parts as the weights are; `amount` is at most their sum, none is negative."""
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    shares, rests = zip(*[divmod(amount * weight, whole) for weight in weights], strict=True)
    left = amount - sum(shares)
    most_lost = sorted(range(len(weights)), key=lambda at: -rests[at])[:left]
    return [share + (at in most_lost) for at, share in enumerate(shares)]
