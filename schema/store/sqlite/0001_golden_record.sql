-- The golden record: one row a person, what single systems recorded beside it, and the numbers under which they know the person.
-- Days and instants are text in RFC 3339, which sorts as it reads. STRICT, so that a column holds what it says.

-- Golden columns hold values from ordinary sources only, so that a reader who may see the row learns nothing from a sealed,
-- privileged or victim source. Everything else stands in the tables below, with its source and class.
CREATE TABLE person (
    id         TEXT NOT NULL PRIMARY KEY,       -- opaque, never reused
    full_name  TEXT NOT NULL,
    given      TEXT,
    middle     TEXT,
    surname    TEXT NOT NULL,
    suffix     TEXT,
    birth_date TEXT,
    birth_year INTEGER,                         -- a column of its own: it is public, the date is not
    death_date TEXT,
    sex        TEXT NOT NULL CHECK (sex IN ('F', 'M', 'U', 'X')),
    gender_identity    TEXT,
    races              TEXT,                    -- JSON list of NIBRS codes
    ethnicity          TEXT,
    tribal_affiliation TEXT,
    language           TEXT,
    interpreter_needed INTEGER,
    veteran            INTEGER,
    ssn                TEXT,
    ssn_last4          TEXT,                    -- a column of its own: fewer may see the whole number
    height_cm          INTEGER,
    weight_kg          INTEGER,
    eyes               TEXT,
    hair               TEXT,
    city               TEXT,
    phone              TEXT,
    address_protected  INTEGER NOT NULL DEFAULT 0,
    updated_at         TEXT NOT NULL,
    -- to search and sort by, as people type names; NOCASE, since LIKE takes an index only with it
    surname_key        TEXT NOT NULL COLLATE NOCASE GENERATED ALWAYS AS (lower(surname)) STORED,
    given_key          TEXT COLLATE NOCASE GENERATED ALWAYS AS (lower(given)) STORED
) STRICT, WITHOUT ROWID;

-- Search by name, in the order in which it answers: no sorting, and a page stops early.
CREATE INDEX person_by_name ON person (surname_key, given_key, id);

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
    system_kind TEXT NOT NULL CHECK (system_kind IN ('ORDINARY', 'PRIVILEGED', 'TREATMENT', 'VICTIM', 'YOUTH')),
    is_youth    INTEGER NOT NULL DEFAULT 0,
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
    system       TEXT NOT NULL,
    system_kind  TEXT NOT NULL CHECK (system_kind IN ('ORDINARY', 'PRIVILEGED', 'TREATMENT', 'VICTIM', 'YOUTH')),
    is_protected INTEGER NOT NULL DEFAULT 0,
    recorded_at  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX address_by_person ON address (person_id, since, id);

CREATE TABLE person_identifier (
    id          TEXT NOT NULL PRIMARY KEY,
    person_id   TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    kind        TEXT NOT NULL CHECK (kind IN ('SID', 'FBI', 'DOC', 'OLN')),
    value       TEXT NOT NULL,
    system      TEXT NOT NULL,
    system_kind TEXT NOT NULL CHECK (system_kind IN ('ORDINARY', 'PRIVILEGED', 'TREATMENT', 'VICTIM', 'YOUTH')),
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

-- Sections of the Montana Code Annotated that define offenses.
CREATE TABLE statute (
    mca          TEXT NOT NULL PRIMARY KEY,     -- 45-5-206
    short        TEXT NOT NULL,
    severity     TEXT NOT NULL,
    ncic         TEXT,
    nibrs        TEXT,
    offense_type TEXT NOT NULL,
    is_violent   INTEGER NOT NULL DEFAULT 0,
    is_sex       INTEGER NOT NULL DEFAULT 0,
    is_drug      INTEGER NOT NULL DEFAULT 0,
    is_domestic  INTEGER NOT NULL DEFAULT 0,
    updated_at   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A charge once, whatever number of agencies recorded it: the number of the arrest and its sequence are its spine.
CREATE TABLE charge (
    id           TEXT NOT NULL PRIMARY KEY,
    person_id    TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    mans         TEXT,                          -- null where no agency wrote it
    sequence     INTEGER,
    case_number  TEXT,                          -- null before it is filed
    count        INTEGER,
    mca          TEXT,
    description  TEXT,
    severity     TEXT,
    status       TEXT NOT NULL,
    offense_on   TEXT,
    -- what the court last said, for when it can't be asked
    outcome      TEXT,                          -- DispositionClass
    outcome_raw  TEXT,
    plea         TEXT,
    plea_raw     TEXT,
    disposed_on  TEXT,
    court_name   TEXT,
    -- facts for the rules
    is_youth        INTEGER NOT NULL DEFAULT 0,
    is_sealed       INTEGER NOT NULL DEFAULT 0,
    is_confidential INTEGER NOT NULL DEFAULT 0,
    is_conviction   INTEGER NOT NULL DEFAULT 0,
    is_pending      INTEGER NOT NULL DEFAULT 0,
    updated_at   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX charge_by_person ON charge (person_id, offense_on, id);
CREATE INDEX charge_by_mans ON charge (mans, sequence);
CREATE UNIQUE INDEX charge_by_case ON charge (case_number, count) WHERE case_number IS NOT NULL;

-- How charges ended, by case and count. A charge that has not ended has no row.
CREATE VIEW disposition AS
SELECT case_number, count, person_id, outcome, outcome_raw, plea, plea_raw, disposed_on, court_name,
       is_youth, is_sealed, is_confidential, is_conviction, updated_at
FROM charge
WHERE case_number IS NOT NULL AND count IS NOT NULL AND outcome IS NOT NULL;

-- What one agency recorded of a charge at one moment.
CREATE TABLE charge_stage (
    id          TEXT NOT NULL PRIMARY KEY,
    charge_id   TEXT NOT NULL REFERENCES charge (id) ON DELETE CASCADE,
    kind        TEXT NOT NULL CHECK (kind IN ('ARREST', 'REFERRED', 'FILED', 'AMENDED', 'DISPOSED')),
    happened_on TEXT,
    agency      TEXT,                           -- ORI
    record      TEXT,                           -- the agency's own number
    mca         TEXT,
    statute_raw TEXT,
    description TEXT,
    severity    TEXT,
    linked_by   TEXT NOT NULL CHECK (linked_by IN ('NUMBER', 'MARKS', 'NONE')),   -- how it was tied to the charge
    is_youth        INTEGER NOT NULL DEFAULT 0,
    is_confidential INTEGER NOT NULL DEFAULT 0,
    recorded_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX charge_stage_by_charge ON charge_stage (charge_id, happened_on, id);

-- Records that are closed: sealed, expunged, consent withdrawn. Asked at every request, never kept anywhere else, and not dependent
-- on the agency. A person, or one record of one type by its key; the parts of a key are joined by a unit separator (U+001F).
CREATE TABLE closure (
    kind       TEXT NOT NULL CHECK (kind IN ('SEALED', 'EXPUNGED', 'CONSENT_WITHDRAWN', 'CONFIDENTIAL')),
    type       TEXT NOT NULL,                   -- type of the graph: Person, CourtCase, Charge …
    key        TEXT NOT NULL,
    ordered_on TEXT NOT NULL,
    order_ref  TEXT NOT NULL,                   -- number of the court's order
    lifted_on  TEXT,
    PRIMARY KEY (type, key, kind, order_ref)
) STRICT, WITHOUT ROWID;

-- How well dispositions are tied to arrests, by agency; counted when records are tied.
CREATE TABLE linkage (
    agency           TEXT,
    agency_name      TEXT NOT NULL PRIMARY KEY,
    dispositions     INTEGER NOT NULL,
    linked_by_number INTEGER NOT NULL,
    linked_by_marks  INTEGER NOT NULL,
    unlinked         INTEGER NOT NULL,
    unlinked_share   REAL NOT NULL,
    counted_on       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Published figures, disclosure control applied: a small cell holds no value at all.
CREATE TABLE metric (
    name       TEXT NOT NULL,
    period     TEXT NOT NULL,                   -- 2026-06
    county     TEXT,                            -- null for the state
    value      INTEGER,
    suppressed INTEGER NOT NULL,
    method     TEXT NOT NULL,
    counted_on TEXT NOT NULL,
    CHECK (suppressed = 0 OR value IS NULL)
) STRICT;

CREATE UNIQUE INDEX metric_by_name ON metric (name, period, coalesce(county, ''));
