"""Which client asks for which fields of the schema, and how often."""
