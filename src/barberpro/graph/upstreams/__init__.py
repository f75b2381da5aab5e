"""Fields that another GraphQL service owns: how they are declared, asked for, and read from its answer."""
