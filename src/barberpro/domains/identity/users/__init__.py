"""The people of an organization: how they show who they are, and what each may do."""
