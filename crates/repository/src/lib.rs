//! The DynamoDB tables: one module a table, its access patterns as methods.
