"""Engine and pools, embedded server, tenant transaction, base model, migrations, policies."""
