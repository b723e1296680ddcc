-- The golden record: one row a person, what single systems recorded beside it, and the numbers under which they know the person.
-- Days and instants are text in RFC 3339, which sorts as it reads. STRICT, so that a column holds what it says.

-- Golden columns hold values from ordinary sources only, so that a reader who may see the row learns nothing from a sealed,
-- privileged or victim source. Everything else stands in the tables below, with its source and class.
CREATE TABLE person (
    id         TEXT NOT NULL PRIMARY KEY,       -- opaque, never reused
    full_name  TEXT NOT NULL,
    given      TEXT COLLATE NOCASE,             -- NOCASE: people type names as they like, and LIKE can use the index
    middle     TEXT,
    surname    TEXT NOT NULL COLLATE NOCASE,
    suffix     TEXT,
    birth_date TEXT,
    birth_year INTEGER,                         -- a column of its own: it is public, the date is not
    sex        TEXT NOT NULL CHECK (sex IN ('F', 'M', 'U', 'X')),
    city       TEXT,
    phone      TEXT,
    updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Search by name, in the order in which it answers: no sorting, and a page stops early.
CREATE INDEX person_by_name ON person (surname, given, id);

CREATE TABLE person_name (
    id          TEXT NOT NULL PRIMARY KEY,
    person_id   TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    use_code    TEXT NOT NULL CHECK (use_code IN ('OFFICIAL', 'PREFERRED', 'FORMER', 'ALIAS')),
    full_name   TEXT NOT NULL,
    given       TEXT,
    middle      TEXT,
    surname     TEXT,
    suffix      TEXT,
    system      TEXT NOT NULL,                  -- who recorded it
    class       TEXT NOT NULL,                  -- how sensitive this row is
    recorded_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX person_name_by_person ON person_name (person_id, id);

CREATE TABLE address (
    id          TEXT NOT NULL PRIMARY KEY,
    person_id   TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    street      TEXT,
    city        TEXT,
    state       TEXT,
    zip         TEXT,
    county      TEXT,
    since       TEXT,
    system      TEXT NOT NULL,
    class       TEXT NOT NULL,
    recorded_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX address_by_person ON address (person_id, since, id);

CREATE TABLE person_identifier (
    id          TEXT NOT NULL PRIMARY KEY,
    person_id   TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    kind        TEXT NOT NULL CHECK (kind IN ('SID', 'FBI', 'DOC')),
    value       TEXT NOT NULL,
    system      TEXT NOT NULL,
    class       TEXT NOT NULL,
    recorded_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX person_identifier_by_person ON person_identifier (person_id, kind, value);

-- Who has this number? Not unique: two persons under one number is an error of a source that must be storable to be found.
CREATE INDEX person_identifier_by_value ON person_identifier (kind, value);

-- Which systems know a person, under which number. A number leads to one person (the key says so); a person may have several
-- numbers in one system, because systems register people twice.
CREATE TABLE crosswalk (
    system    TEXT NOT NULL,
    local_id  TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    PRIMARY KEY (system, local_id)
) STRICT, WITHOUT ROWID;

-- The way out, asked at every request; it holds all three columns, so the table itself is not read.
CREATE INDEX crosswalk_by_person ON crosswalk (person_id, system, local_id);
