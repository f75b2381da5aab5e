"""Who may act for an organization, and what shows that they are who they say."""
