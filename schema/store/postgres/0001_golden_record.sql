-- The golden record: one row a person, what single systems recorded beside it, and the numbers under which they know the person.
-- The same tables as for SQLite, with days and instants in types of their own.

-- Golden columns hold values from ordinary sources only, so that a reader who may see the row learns nothing from a sealed,
-- privileged or victim source. Everything else stands in the tables below, with its source and class.
CREATE TABLE person (
    id         text PRIMARY KEY,                -- opaque, never reused
    full_name  text NOT NULL,
    given      text,
    middle     text,
    surname    text NOT NULL,
    suffix     text,
    birth_date date,
    birth_year integer,                         -- a column of its own: it is public, the date is not
    death_date date,
    sex        text NOT NULL CHECK (sex IN ('F', 'M', 'U', 'X')),
    gender_identity    text,
    races              text[],                  -- NIBRS codes
    ethnicity          text,
    tribal_affiliation text,
    language           text,
    interpreter_needed boolean,
    veteran            boolean,
    ssn                text,
    ssn_last4          text,                    -- a column of its own: fewer may see the whole number
    height_cm          integer,
    weight_kg          integer,
    eyes               text,
    hair               text,
    city               text,
    phone              text,
    address_protected  boolean NOT NULL DEFAULT false,
    updated_at         timestamptz NOT NULL,
    -- to search and sort by, as people type names; "C": by bytes, and LIKE can use an index
    surname_key        text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(surname COLLATE "C")) STORED,
    given_key          text COLLATE "C" GENERATED ALWAYS AS (lower(given COLLATE "C")) STORED
);

-- Search by name: without regard to case, as people type.
CREATE INDEX person_by_name ON person (lower(surname_key COLLATE "C"), lower(given_key COLLATE "C"));

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
    system_kind text NOT NULL CHECK (system_kind IN ('ORDINARY', 'PRIVILEGED', 'TREATMENT', 'VICTIM', 'YOUTH')),
    is_youth    boolean NOT NULL DEFAULT false,
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
    system_kind text NOT NULL CHECK (system_kind IN ('ORDINARY', 'PRIVILEGED', 'TREATMENT', 'VICTIM', 'YOUTH')),
    is_protected boolean NOT NULL DEFAULT false,
    recorded_at timestamptz NOT NULL
);

CREATE INDEX address_by_person ON address (person_id, since, id);

CREATE TABLE person_identifier (
    id          text PRIMARY KEY,
    person_id   text NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    kind        text NOT NULL CHECK (kind IN ('SID', 'FBI', 'DOC', 'OLN')),
    value       text NOT NULL,
    system      text NOT NULL,
    system_kind text NOT NULL CHECK (system_kind IN ('ORDINARY', 'PRIVILEGED', 'TREATMENT', 'VICTIM', 'YOUTH')),
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

-- Sections of the Montana Code Annotated that define offenses.
CREATE TABLE statute (
    mca          text NOT NULL PRIMARY KEY,     -- 45-5-206
    short        text NOT NULL,
    severity     text NOT NULL,
    ncic         text,
    nibrs        text,
    offense_type text NOT NULL,
    is_violent   boolean NOT NULL DEFAULT false,
    is_sex       boolean NOT NULL DEFAULT false,
    is_drug      boolean NOT NULL DEFAULT false,
    is_domestic  boolean NOT NULL DEFAULT false,
    updated_at   timestamptz NOT NULL
);

-- A charge once, whatever number of agencies recorded it: the number of the arrest and its sequence are its spine.
CREATE TABLE charge (
    id           text NOT NULL PRIMARY KEY,
    person_id    text NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    mans         text,                          -- null where no agency wrote it
    sequence     integer,
    case_number  text,                          -- null before it is filed
    count        integer,
    mca          text,
    description  text,
    severity     text,
    status       text NOT NULL,
    offense_on   date,
    -- what the court last said, for when it can't be asked
    outcome      text,                          -- DispositionClass
    outcome_raw  text,
    plea         text,
    plea_raw     text,
    disposed_on  date,
    court_name   text,
    -- facts for the rules
    is_youth        boolean NOT NULL DEFAULT false,
    is_sealed       boolean NOT NULL DEFAULT false,
    is_confidential boolean NOT NULL DEFAULT false,
    is_conviction   boolean NOT NULL DEFAULT false,
    is_pending      boolean NOT NULL DEFAULT false,
    updated_at   timestamptz NOT NULL
);

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
    id          text NOT NULL PRIMARY KEY,
    charge_id   text NOT NULL REFERENCES charge (id) ON DELETE CASCADE,
    kind        text NOT NULL CHECK (kind IN ('ARREST', 'REFERRED', 'FILED', 'AMENDED', 'DISPOSED')),
    happened_on date,
    agency      text,                           -- ORI
    record      text,                           -- the agency's own number
    mca         text,
    statute_raw text,
    description text,
    severity    text,
    linked_by   text NOT NULL CHECK (linked_by IN ('NUMBER', 'MARKS', 'NONE')),   -- how it was tied to the charge
    is_youth        boolean NOT NULL DEFAULT false,
    is_confidential boolean NOT NULL DEFAULT false,
    recorded_at timestamptz NOT NULL
);

CREATE INDEX charge_stage_by_charge ON charge_stage (charge_id, happened_on, id);

-- Records that are closed: sealed, expunged, consent withdrawn. Asked at every request, never kept anywhere else, and not dependent
-- on the agency. A person, or one record of one type by its key; the parts of a key are joined by a unit separator (U+001F).
CREATE TABLE closure (
    kind       text NOT NULL CHECK (kind IN ('SEALED', 'EXPUNGED', 'CONSENT_WITHDRAWN', 'CONFIDENTIAL')),
    type       text NOT NULL,                   -- type of the graph: Person, CourtCase, Charge …
    key        text NOT NULL,
    ordered_on date NOT NULL,
    order_ref  text NOT NULL,                   -- number of the court's order
    lifted_on  date,
    PRIMARY KEY (type, key, kind, order_ref)
);

-- How well dispositions are tied to arrests, by agency; counted when records are tied.
CREATE TABLE linkage (
    agency           text,
    agency_name      text NOT NULL PRIMARY KEY,
    dispositions     integer NOT NULL,
    linked_by_number integer NOT NULL,
    linked_by_marks  integer NOT NULL,
    unlinked         integer NOT NULL,
    unlinked_share   double precision NOT NULL,
    counted_on       date NOT NULL
);

-- Published figures, disclosure control applied: a small cell holds no value at all.
CREATE TABLE metric (
    name       text NOT NULL,
    period     text COLLATE "C" NOT NULL,       -- 2026-06
    county     text,                            -- null for the state
    value      integer,
    suppressed boolean NOT NULL,
    method     text NOT NULL,
    counted_on date NOT NULL,
    CHECK (NOT suppressed OR value IS NULL)
);

CREATE UNIQUE INDEX metric_by_name ON metric (name, period, coalesce(county, ''));
