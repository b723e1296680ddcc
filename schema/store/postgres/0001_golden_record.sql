-- The golden record: one row a person, what single systems recorded beside it, and the numbers under which they know the person.
-- The same tables as for SQLite, with days and instants in types of their own.

-- Golden columns hold values from ordinary sources only, so that a reader who may see the row learns nothing from a sealed,
-- privileged or victim source. Everything else stands in the tables below, with its source and class.
CREATE TABLE person (
    id         text PRIMARY KEY,                -- opaque, never reused
    full_name  text NOT NULL,
    given      text COLLATE "C",                -- "C": LIKE 'hal%' can use an index
    middle     text,
    surname    text COLLATE "C" NOT NULL,
    suffix     text,
    birth_date date,
    birth_year integer,                         -- a column of its own: it is public, the date is not
    sex        text NOT NULL CHECK (sex IN ('F', 'M', 'U', 'X')),
    city       text,
    phone      text,
    updated_at timestamptz NOT NULL
);

-- Search by name: without regard to case, as people type.
CREATE INDEX person_by_name ON person (lower(surname COLLATE "C"), lower(given COLLATE "C"));

CREATE TABLE person_name (
    id          text PRIMARY KEY,
    person_id   text NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    use_code    text NOT NULL CHECK (use_code IN ('OFFICIAL', 'PREFERRED', 'FORMER', 'ALIAS')),
    full_name   text NOT NULL,
    given       text,
    middle      text,
    surname     text,
    suffix      text,
    system      text NOT NULL,                  -- who recorded it
    class       text NOT NULL,                  -- how sensitive this row is
    recorded_at timestamptz NOT NULL
);

CREATE INDEX person_name_by_person ON person_name (person_id, id);

CREATE TABLE address (
    id          text PRIMARY KEY,
    person_id   text NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    street      text,
    city        text,
    state       text,
    zip         text,
    county      text,
    since       date,
    system      text NOT NULL,
    class       text NOT NULL,
    recorded_at timestamptz NOT NULL
);

CREATE INDEX address_by_person ON address (person_id, since, id);

CREATE TABLE person_identifier (
    id          text PRIMARY KEY,
    person_id   text NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    kind        text NOT NULL CHECK (kind IN ('SID', 'FBI', 'DOC')),
    value       text NOT NULL,
    system      text NOT NULL,
    class       text NOT NULL,
    recorded_at timestamptz NOT NULL
);

CREATE INDEX person_identifier_by_person ON person_identifier (person_id, kind, value);

-- Who has this number? Not unique: two persons under one number is an error of a source that must be storable to be found.
CREATE INDEX person_identifier_by_value ON person_identifier (kind, value);

-- Which systems know a person, under which number. A number leads to one person (the key says so); a person may have several
-- numbers in one system, because systems register people twice.
CREATE TABLE crosswalk (
    system    text NOT NULL,
    local_id  text NOT NULL,
    person_id text NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    PRIMARY KEY (system, local_id)
);

-- The way out, asked at every request; it holds all three columns, so the table itself is not read.
CREATE INDEX crosswalk_by_person ON crosswalk (person_id, system, local_id);
