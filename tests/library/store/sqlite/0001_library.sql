-- Written by tests/reference/records.mjs out of tests/library/records.json.

CREATE TABLE author (
    id TEXT PRIMARY KEY,
    name TEXT,
    born TEXT,
    alive TEXT,
    revised_s BIGINT
);

INSERT INTO author (id, name, born, alive, revised_s)
VALUES ('a1', 'Ottoline Fennimarsh', '1931-05-04', 'N', 1714550400);
INSERT INTO author (id, name, born, alive, revised_s)
VALUES ('a2', '  Bram Quillfeather ', NULL, 'Y', 1714636800);
INSERT INTO author (id, name, born, alive, revised_s)
VALUES ('a3', NULL, '1899-02-29', NULL, NULL);
INSERT INTO author (id, name, born, alive, revised_s)
VALUES ('a4', 'Zuzu Ærøskøbing-Ω', '1988-02-29', 'maybe', 1714723200);

CREATE TABLE item (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    title TEXT,
    published TEXT,
    acquired_at TEXT,
    shelf TEXT,
    language TEXT,
    price_amount DOUBLE PRECISION,
    price_currency TEXT,
    author TEXT,
    isbn TEXT,
    pages TEXT,
    series_name TEXT,
    series_number INTEGER,
    minutes TEXT,
    rated TEXT,
    scale INTEGER,
    coloured TEXT,
    north DOUBLE PRECISION,
    south DOUBLE PRECISION,
    east DOUBLE PRECISION,
    west DOUBLE PRECISION
);

INSERT INTO item (id, kind, title, published, acquired_at, shelf, language, price_amount, price_currency, author, isbn, pages, series_name, series_number)
VALUES ('i01', 'B', 'The Tide Table', '1962-03-01', '2019-07-01T09:30:00Z', 'ADULT', 'en', 24.5, 'EUR', 'a1', '978-0-00-000001-1', '312', 'Coast', 1);
INSERT INTO item (id, kind, title, published, acquired_at, shelf, language, price_amount, price_currency, author, isbn, pages, series_name, series_number)
VALUES ('i02', 'B', NULL, '1964-11-20', '2019-07-01T11:30:00+02:00', 'ADULT', 'en', 19, 'EUR', 'a1', NULL, '280', 'Coast', 2);
INSERT INTO item (id, kind, title, published, acquired_at, shelf, language, price_amount, price_currency, author, isbn, pages, series_name, series_number)
VALUES ('i03', 'B', 'Lanterns of Low Street', NULL, NULL, 'CHILD', 'xx', NULL, 'DKK', 'a2', '978-0-00-000003-5', 'many', NULL, NULL);
INSERT INTO item (id, kind, title, published, acquired_at, shelf, language, price_amount, price_currency, author, isbn, pages, series_name, series_number)
VALUES ('i04', 'B', 'A Field Guide to Fog', '2001-09-09', '2020-02-29T23:59:59-05:00', 'REFERENCE', 'da', 120.25, 'DKK', 'a99', NULL, '1204', NULL, 7);
INSERT INTO item (id, kind, title, published, acquired_at, shelf, language, price_amount, price_currency, author, isbn, pages, series_name, series_number)
VALUES ('i05', 'B', 'Bread for Cartographers', '1984-13-01', 'last spring', 'ADULT', 'eo', 8, NULL, 'a3', '978-0-00-000005-9', NULL, 'Kitchen', NULL);
INSERT INTO item (id, kind, title, published, acquired_at, shelf, language, price_amount, price_currency, author, isbn, pages, series_name, series_number)
VALUES ('i06', 'B', 'The "Fen" & Other Tales — Ω
(second printing)', '1999-12-31', '2021-01-01T00:00:00Z', 'ATTIC', NULL, 3.1, 'GBP', NULL, '', '-1', '', 0);
INSERT INTO item (id, kind, title, published, acquired_at, shelf, language, price_amount, price_currency, minutes, rated)
VALUES ('i07', 'F', 'Harbour at Noon', '1974-06-21', '2018-03-03T12:00:00Z', 'ADULT', 'da', 15, 'DKK', '97', 'A');
INSERT INTO item (id, kind, title, published, acquired_at, shelf, language, price_amount, price_currency, minutes, rated)
VALUES ('i08', 'F', 'The Weather Room', '2010-10-10', NULL, 'CHILD', 'ar', NULL, NULL, '99999999999', 'Z');
INSERT INTO item (id, kind, title, published, acquired_at, shelf, language, price_amount, price_currency, minutes, rated)
VALUES ('i09', 'F', 'Untitled Reel', NULL, NULL, NULL, 'en', 0.5, 'EUR', NULL, 'T');
INSERT INTO item (id, kind, title, published, acquired_at, shelf, language, price_amount, price_currency, scale, coloured, north, south, east, west)
VALUES ('i10', 'M', 'Estuary, North Sheet', '1888-01-01', '2001-05-05T05:05:05Z', 'REFERENCE', 'en', 900, 'EUR', 25000, 'Y', 56.25, 55, 10.5, -3.75);
INSERT INTO item (id, kind, title, published, acquired_at, shelf, language, price_amount, price_currency, scale, coloured, north, south, east, west)
VALUES ('i11', 'M', 'Estuary, South Sheet', '1889-01-01', '2001-05-05T05:05:05Z', 'REFERENCE', 'en', 900, 'EUR', 25000, 'brown', 55, 54.125, 10.5, NULL);
INSERT INTO item (id, kind, title, published, acquired_at, shelf, language, price_amount, price_currency, scale, coloured, north, south, east, west)
VALUES ('i12', 'M', 'Tram Lines', '1950-04-01', NULL, 'CHILD', 'da', 2, 'DKK', NULL, NULL, 0, 0, 0, 0);

CREATE VIEW book AS SELECT * FROM item WHERE kind = 'B';
