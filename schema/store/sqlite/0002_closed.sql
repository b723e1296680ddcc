-- What is closed now: what policies ask the registry for. A closure that was lifted closes nothing.
CREATE VIEW closed AS SELECT kind, type, key FROM closure WHERE lifted_on IS NULL;
