"""The graph, one module a domain: types, fields, mutations, and nothing else."""
