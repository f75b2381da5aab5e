"""The schema as a subgraph of Apollo Federation 2.9: what a router asks of it, and the SDL it is composed by."""
