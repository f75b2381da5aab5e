"""A stand-in for ARCA, so that receipts can be authorised where there is neither a certificate nor a network."""
