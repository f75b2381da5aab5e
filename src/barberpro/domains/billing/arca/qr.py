"""The code printed on an electronic receipt, by which anyone asks ARCA about it (RG 4892). Pure."""

import json
from base64 import b64encode
from decimal import Decimal

from barberpro.domains.billing.arca.port import Authorised, Receipt
from barberpro.domains.billing.arca.receipt import NO_DOCUMENT

_PAGE = "https://www.afip.gob.ar/fe/qr/?p="


def qr_url(receipt: Receipt, authorised: Authorised) -> str:
    """The address in the code: its parameter is base64 of JSON, not escaped, as in ARCA's own example."""
    facts: dict[str, object] = {
        "ver": 1,
        "fecha": receipt.issued_on.isoformat(),
        "cuit": receipt.series.cuit,
        "ptoVta": receipt.series.point_of_sale,
        "tipoCmp": receipt.series.kind,
        "nroCmp": receipt.number,
        "importe": "@total",
        "moneda": receipt.currency,
        "ctz": "@rate",
    }
    if receipt.document_kind != NO_DOCUMENT:
        facts |= {"tipoDocRec": receipt.document_kind, "nroDocRec": receipt.document_number}
    facts |= {"tipoCodAut": "E", "codAut": int(authorised.cae)}
    # Amounts are written digit by digit: a float would lose centavos of large totals.
    told = json.dumps(facts, separators=(",", ":"))
    told = told.replace('"@total"', f"{Decimal(receipt.total).scaleb(-2):f}")
    told = told.replace('"@rate"', f"{receipt.exchange_rate:f}")
    return _PAGE + b64encode(told.encode()).decode()
