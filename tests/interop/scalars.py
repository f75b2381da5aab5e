"""Values of our scalars for Schemathesis, which loads this file: those that are none, among those that are."""

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

SENSIBLE = {
    "CurrencyCode": ("ARS", "USD", "XXX"),
    "Decimal": ("0", "12500.00", "-1", "0.000001", "999999999999999"),
    "EmailAddress": ("ana@example.com", "ñandú@example.com.ar"),
    "LocalTime": ("00:00", "09:30", "24:00"),
    "PhoneNumber": ("+5491155551234", "+14155550123"),
    "TimeZone": ("America/Argentina/Buenos_Aires", "UTC"),
}
for name, values in SENSIBLE.items():
    # Lone surrogates are no text of UTF-8, and cannot be sent.
    either = st.sampled_from(values) | st.text(st.characters(codec="utf-8"), max_size=20)
    schemathesis.graphql.scalar(name, either.map(nodes.String))
