"""The arena: the gateway beside what it is measured against, over real HTTP, in one run. See its README."""
