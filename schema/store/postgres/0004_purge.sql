-- What was purged: each row ends the copies that gateways keep of what one source said, or all of them under the empty name. A closure ends all
-- when it is entered and when it is lifted: what a court has closed is in no cache. Whoever listens is told at once.
CREATE TABLE purge (
    source text NOT NULL DEFAULT '',
    at     timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX purge_by_source ON purge (source);

CREATE FUNCTION purge_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('headwaters_purge', '');
    RETURN NULL;
END $$;

CREATE TRIGGER purge_is_told AFTER INSERT ON purge FOR EACH STATEMENT EXECUTE FUNCTION purge_told();

CREATE FUNCTION closure_purges() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO purge DEFAULT VALUES;
    RETURN NULL;
END $$;

CREATE TRIGGER closure_purges AFTER INSERT OR UPDATE OR DELETE ON closure FOR EACH STATEMENT EXECUTE FUNCTION closure_purges();
