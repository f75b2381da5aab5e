"""A small service of its own for the demo: customers' loyalty points, kept in a ledger of its own.

It stands for what a chain has already and will not rewrite. It shares no table with us and nothing of what answers our
requests: it knows us by the tokens that we send and the keys we publish, as any other service would.
"""
