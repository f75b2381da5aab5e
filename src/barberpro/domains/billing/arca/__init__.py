"""Electronic receipts of ARCA (formerly AFIP), the Argentine tax authority."""
