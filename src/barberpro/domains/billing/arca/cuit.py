"""The tax number of a person or company (CUIT, CUIL, CDI): eleven digits, the last of which checks the others. Pure."""

_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def is_cuit(number: int) -> bool:
    """Whether the check digit fits: 11 less the weighted sum modulo 11, where 11 is written 0 and 10 is never given."""
    digits = [int(digit) for digit in str(number)]
    if number < 0 or len(digits) != 11:
        return False
    weighted = sum(w * d for w, d in zip(_WEIGHTS, digits[:10], strict=True))
    return (11 - weighted % 11) % 11 == digits[10]
