"""Under whatever changes a database's structure: connections, databases, errors in the schema engine's words."""
