// Values for arguments and variables: those that lead somewhere, those that lead nowhere, and those of a wrong type.

import { isEnumType, isInputObjectType, isListType, isNonNullType, getNamedType, isRequiredInputField } from 'graphql';
import { records } from './records.mjs';

const ids = (list, key = 'id') => list.map((record) => String(record[key]));

// By argument where the name alone does not say what leads somewhere.
const pools = {
  'Query.item.id': ids(records.catalog.item), 'Query.items.ids': ids(records.catalog.item), 'Query.book.id': ids(records.catalog.item),
  'Query.author.id': ids(records.catalog.author), 'Query.language.code': ids(records.languages, 'code'),
  'Query.archived.id': ['i01'], 'Query.branch.id': ['b1', 'b1', 'b2', ...ids(records.circulation.branches)], 'Query.copy.branch': ['b1', 'b1', 'b2', 'b3', 'b9'],
  'Query.copy.barcode': ids(records.circulation.copies, 'barcode'), 'Query.member.id': ['m1', 'm1', 'm2', ...ids(records.readers.members)],
  'Query.loan.number': ids(records.readers.loans, 'number'), 'Query.event.id': ids(records.events),
  'Query.catalog.language': ['en', 'da', 'eo'], 'Query.catalog.title': ['The ', 'Estuary', 'Bread', 'Zz'],
  'Query.authors.name': ['Ottoline', '  Bram', 'Zu', 'Q'], 'Query.branches.city': ['Port Selsey', 'Nowhere'],
  'Query.search.text': ['tide', 'coast', 'fog', 'nothing'], 'SearchFilter.words': ['tide', 'fen', 'map', 'mint'],
};
const nowhere = ['none', 'a/b', 'x,y', 'Ω ø', 'q?r=1&s', '100%', '"quoted"'];
const dates = ['2024-01-01', '2024-03-15', '1999-12-31', '2024-02-29'];
const instants = ['2024-09-02T00:00:00Z', '2024-09-03T21:30:00+02:00', '1970-01-01T00:00:00Z'];

const wrong = {
  ID: [1.5, true, {}], String: [7, false, ['x']], Int: ['3', 1.5, 2 ** 31, true], Float: ['1.0', false], Boolean: ['true', 1],
  Date: ['2024-02-30', '01.01.2024', 20240101, true], DateTime: ['2024-01-01', '2024-01-01T25:00:00Z', 5],
};

/** A JSON value of this type; enum values are `Enum`, so that `literal` can write them bare. */
export class Enum {
  constructor(name) { this.name = name; }
  toJSON() { return this.name; }
}

export function good(r, type, coordinate) {
  if (isNonNullType(type)) return present(r, type.ofType, coordinate);
  return r.chance(0.12) ? null : present(r, type, coordinate);
}

function present(r, type, coordinate) {
  if (isListType(type)) {
    if (r.chance(0.1)) return good(r, type.ofType, coordinate) ?? [];   // a single value stands for a list of one
    return Array.from({ length: r.below(4) }, () => good(r, type.ofType, coordinate));
  }
  if (isEnumType(type)) return new Enum(r.pick(type.getValues()).name);
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter((field) => isRequiredInputField(field) || r.chance(0.45));
    return Object.fromEntries(fields.map((field) => [field.name, good(r, field.type, `${type.name}.${field.name}`)]));
  }
  switch (type.name) {
    case 'Int': return r.below(8);
    case 'Float': return r.pick([0, 0.3, 0.55, 0.7, 1, 2]);
    case 'Boolean': return r.chance(0.5);
    case 'Date': return r.pick(dates);
    case 'DateTime': return r.pick(instants);
    default: {
      const pool = pools[coordinate];
      if (!pool) return r.pick(['x', 'word']);
      if (r.chance(0.1)) return r.pick(nowhere);
      return type.name === 'ID' && r.chance(0.03) ? r.below(5) : r.pick(pool);
    }
  }
}

/** Not a value of this type. */
export function bad(r, type, coordinate) {
  if (isNonNullType(type)) return r.chance(0.3) ? null : bad(r, type.ofType, coordinate);
  if (isListType(type)) return [...Array.from({ length: r.below(2) }, () => good(r, type.ofType, coordinate)), bad(r, type.ofType, coordinate)];
  if (isEnumType(type)) return r.pick(['ON_SHELF_', 3, new Enum('NOWHERE'), true]);
  if (isInputObjectType(type)) {
    const field = r.pick(Object.values(type.getFields()));
    if (r.chance(0.3)) return { ...present(r, type, coordinate), unheard: 1 };
    if (r.chance(0.2)) return 'an object';
    return { ...present(r, type, coordinate), [field.name]: bad(r, field.type, `${type.name}.${field.name}`) };
  }
  return r.pick(wrong[getNamedType(type).name]);
}

/** The value as GraphQL writes it. */
export function literal(value) {
  if (value instanceof Enum) return value.name;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, inner]) => `${name}: ${literal(inner)}`).join(', ')}}`;
}
