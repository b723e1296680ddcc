// The records of the library, and what is written from them: `node records.mjs` writes the migrations of the catalogue's store
// and the file of languages; `node records.mjs --check` fails where one of them differs from the records.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const library = new URL('../library/', import.meta.url);

export const records = JSON.parse(readFileSync(new URL('records.json', library), 'utf8'));

// Text where a record may hold nonsense on purpose: Postgres would not let it into a column of another type.
const tables = {
  author: { id: 'TEXT PRIMARY KEY', name: 'TEXT', born: 'TEXT', alive: 'TEXT', revised_s: 'BIGINT' },
  item: {
    id: 'TEXT PRIMARY KEY', kind: 'TEXT NOT NULL', title: 'TEXT', published: 'TEXT', acquired_at: 'TEXT', shelf: 'TEXT',
    language: 'TEXT', price_amount: 'DOUBLE PRECISION', price_currency: 'TEXT',
    author: 'TEXT', isbn: 'TEXT', pages: 'TEXT', series_name: 'TEXT', series_number: 'INTEGER',
    minutes: 'TEXT', rated: 'TEXT',
    scale: 'INTEGER', coloured: 'TEXT',
    north: 'DOUBLE PRECISION', south: 'DOUBLE PRECISION', east: 'DOUBLE PRECISION', west: 'DOUBLE PRECISION',
  },
};

const literal = (value) => {
  if (value === null || value === undefined) return 'NULL';
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
};

function migration() {
  const lines = ['-- Written by tests/reference/records.mjs out of tests/library/records.json.', ''];
  for (const [table, columns] of Object.entries(tables)) {
    const names = Object.keys(columns);
    lines.push(`CREATE TABLE ${table} (`, names.map((name) => `    ${name} ${columns[name]}`).join(',\n'), ');', '');
    for (const row of records.catalog[table]) {
      const unknown = Object.keys(row).filter((name) => !names.includes(name));
      if (unknown.length > 0) throw new Error(`${table} ${row.id} has no column ${unknown}`);
      // Only the columns that the record has: a film says nothing of pages.
      const given = names.filter((name) => row[name] !== undefined);
      lines.push(`INSERT INTO ${table} (${given.join(', ')})`);
      lines.push(`VALUES (${given.map((name) => literal(row[name])).join(', ')});`);
    }
    lines.push('');
  }
  lines.push("CREATE VIEW book AS SELECT * FROM item WHERE kind = 'B';", '');
  return lines.join('\n');
}

const sql = migration();
const written = {
  'store/sqlite/0001_library.sql': sql,
  'store/postgres/0001_library.sql': sql,
  'languages.json': `${JSON.stringify(records.languages, null, 2)}\n`,
};

/** Files that are not what the records say. */
export function stale() {
  return Object.entries(written).filter(([path, text]) => {
    try {
      return readFileSync(new URL(path, library), 'utf8') !== text;
    } catch {
      return true;
    }
  }).map(([path]) => path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) {
    const paths = stale();
    if (paths.length > 0) console.log(`out of date: ${paths.join(', ')}; run node records.mjs`);
    process.exitCode = paths.length > 0 ? 1 : 0;
  } else {
    for (const [path, text] of Object.entries(written)) writeFileSync(new URL(path, library), text);
  }
}
