"""leora-gql: a multi-tenant GraphQL gateway over PostgreSQL with row-level security."""
