"""Who works when in a location's week, so that the people asked for are there: the solver, its checker, its document."""
