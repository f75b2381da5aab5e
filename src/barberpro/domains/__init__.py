"""The business, one package a domain. No GraphQL, no HTTP."""
