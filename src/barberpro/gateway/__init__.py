"""The runtime in front of the graph: HTTP, identity, limits, registered documents."""
