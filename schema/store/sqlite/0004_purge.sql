-- What was purged: each row ends the copies that gateways keep of what one source said, or all of them under the empty name. A closure ends all
-- when it is entered and when it is lifted: what a court has closed is in no cache.
CREATE TABLE purge (
    source text NOT NULL DEFAULT '',
    at     text NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);

CREATE INDEX purge_by_source ON purge (source);

CREATE TRIGGER closure_purges_when_entered AFTER INSERT ON closure
BEGIN INSERT INTO purge (source) VALUES (''); END;

CREATE TRIGGER closure_purges_when_changed AFTER UPDATE ON closure
BEGIN INSERT INTO purge (source) VALUES (''); END;

CREATE TRIGGER closure_purges_when_removed AFTER DELETE ON closure
BEGIN INSERT INTO purge (source) VALUES (''); END;
