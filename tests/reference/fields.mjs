// What each field of the library's graph is, in terms of its source's record: the resolver files once more, by hand.
// A value of a composite type is `{ type, record }`.

import * as answers from './answers.mjs';
import * as to from './convert.mjs';
import { records } from './records.mjs';

const absent = (value) => value === null || value === undefined;

// Readers of one field

const at = (record, path) => path.split('/').reduce((value, step) => (absent(value) ? null : value[step]), record);
const value = (path, convert) => (record) => convert(at(record, path));

const listAt = (record, path) => {
  const list = at(record, path);
  if (!absent(list) && !Array.isArray(list)) throw new to.Invalid('the source gave no list');
  return list;
};
// An error within a list stands at its own place there: graphql-js takes an `Error` for a failed element.
const attempt = (make) => (element) => {
  try {
    return make(element);
  } catch (error) {
    return error;
  }
};
const list = (path, convert) => (record) => listAt(record, path)?.map(attempt(convert)) ?? null;

const object = (type) => (found) => {
  if (absent(found)) return null;
  if (typeof found !== 'object' || Array.isArray(found)) throw new to.Invalid('the source gave no object');
  return { type: typeof type === 'function' ? type(found) : type, record: found };
};
const embedded = (path, type) => (record) => object(type)(at(record, path));
const listed = (path, type) => (record) => listAt(record, path)?.map(attempt(object(type))) ?? null;
// Columns of the same row: there where any of them is. Members of the same object: never absent.
const beside = (type, ...columns) => (record) =>
  columns.length > 0 && columns.every((column) => absent(record[column])) ? null : { type, record };

// Readers of links

function asks(source, endpoint, answer) {
  if (answers.faultOf(source, endpoint)) throw new Error(`${source} could not be asked`);
  return answer();
}
const one = (type, record) => (absent(record) ? null : { type, record });
const many = (type, found) => found.map((record) => one(type, record));

const itemType = { B: 'Book', F: 'Film', M: 'Map' };
const itemNode = (row) => (row ? { type: itemType[row.kind], record: row } : null);
const item = (id) => itemNode(records.catalog.item.find((row) => row.id === id));
const author = (id) => one('Author', records.catalog.author.find((row) => row.id === id));
const language = (code) => one('Language', records.languages.find((row) => row.code === code));
const branch = (id) => (absent(id) ? null : one('Branch', answers.branchesById([id])[0]));
const copy = (key) => (absent(key) ? null : one('Copy', answers.copiesByKey([key])[0]));
const member = (id) => (absent(id) ? null : asks('readers', `GET /members/${encodeURIComponent(id)}`, () => one('Member', answers.memberById(id))));
const archived = () => asks('archive', 'GET /archived', () => null);
const holdingType = { copy: 'Copy', licence: 'Licence' };
const hitType = { item: 'ItemHit', author: 'AuthorHit', branch: 'BranchHit' };

const sqlLike = (value, prefix) => absent(prefix) || (value ?? '').startsWith(prefix) && value !== null;
const sqlEqual = (value, wanted) => absent(wanted) || value === wanted;

// Fields with a value of their own

const repair = { on: value('on', to.date), what: value('what', to.text), cost: value('cost', to.float), parts: listed('parts', 'Part') };

const ofItem = {
  id: value('id', to.id),
  title: value('title', to.text),
  published: value('published', to.date),
  acquiredAt: value('acquired_at', to.instant),
  shelf: value('shelf', to.member('ADULT', 'CHILD', 'REFERENCE')),
  price: beside('Price', 'price_amount', 'price_currency'),
};

export const fields = {
  Price: { amount: value('price_amount', to.float), currency: value('price_currency', to.member('EUR', 'DKK')) },
  Book: {
    ...ofItem,
    isbn: value('isbn', to.text),
    pages: value('pages', to.int),
    series: beside('Series', 'series_name', 'series_number'),
    rating: ({ id }) => to.float(answers.reviewsOfBook(id)?.rating),
    reviews: ({ id }) => listed('reviews', 'Review')(answers.reviewsOfBook(id)),
  },
  Series: { name: value('series_name', to.text), number: value('series_number', to.int) },
  Review: { stars: value('stars', to.int), text: value('text', to.text), writtenAt: value('written', to.epochMillis), tags: list('tags', to.text) },
  Film: { ...ofItem, minutes: value('minutes', to.int), rated: value('rated', to.codes({ A: 'ALL', T: 'TEENS', X: 'ADULTS' })) },
  Map: { ...ofItem, scale: value('scale', to.int), coloured: value('coloured', to.truth('Y', '1')), bounds: beside('Bounds', 'north', 'south', 'east', 'west') },
  Bounds: { north: value('north', to.float), south: value('south', to.float), east: value('east', to.float), west: value('west', to.float) },
  Author: {
    id: value('id', to.id),
    name: value('name', to.trimmed),
    born: value('born', to.date),
    alive: value('alive', to.truth('Y')),
    authority: () => 'city library',
  },
  Language: {
    code: value('code', to.id),
    name: value('name', to.text),
    rightToLeft: value('rtl', to.bool),
    scripts: list('scripts', to.text),
    readers: value('readers', to.int),
  },
  Archived: { id: value('id', to.id), box: value('box', to.text), boxedAt: value('boxed', to.instant) },
  Branch: {
    id: value('id', to.id),
    name: value('nm', to.trimmed),
    kind: value('kind', to.codes({ M: 'MAIN', B: 'BRANCH', V: 'MOBILE' }, 'OTHER')),
    opened: value('opened', to.dottedDate),
    address: embedded('address', 'Address'),
    hours: listed('hours', 'Hours'),
    phones: list('phones', to.text),
    floors: value('building/floors', to.int),
    area: value('building/area', to.float),
    stepFree: value('building/step_free', to.truth('Y', '1')),
    exhibits: listed('exhibits', ({ type }) => ({ poster: 'Poster', case: 'Showcase' })[type]),
  },
  Address: { street: value('street', to.text), postcode: value('postcode', to.textOrNumber), city: value('city', to.text), position: beside('Position') },
  Position: { latitude: value('lat', to.float), longitude: value('lon', to.float) },
  Hours: { day: value('day', to.member('MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN')), from: value('open', to.text), to: value('close', to.text) },
  Poster: { caption: value('text', to.text), widthCm: value('width', to.int) },
  Showcase: { theme: value('theme', to.text), pieces: list('pieces', to.text) },
  Copy: {
    barcode: value('barcode', to.id),
    state: value('state', to.codes({ S: 'ON_SHELF', L: 'ON_LOAN', R: 'IN_REPAIR' })),
    bought: value('bought', to.dottedDate),
    price: value('price', to.float),
    notes: list('notes', to.text),
    repairs: listed('repairs', 'Repair'),
  },
  Repair: repair,
  Part: { name: value('name', to.text), count: value('count', to.int) },
  Licence: { id: value('id', to.id), platform: value('platform', to.text), seats: value('seats', to.int), expires: value('expires', to.epochSeconds) },
  Member: {
    id: value('id', to.id),
    name: value('name', to.text),
    joined: value('joined', to.date),
    email: value('email', to.text),
    interests: list('interests', to.text),
    limits: embedded('limits', 'Limits'),
  },
  Limits: { items: value('items', to.int), days: value('days', to.int) },
  Loan: {
    number: value('number', to.id),
    lentAt: value('lent', to.wallClock),
    due: value('due', to.date),
    returned: value('returned', to.bool),
    fees: listed('fees', 'Fee'),
  },
  Fee: { amount: value('amount', to.float), reason: value('reason', to.text) },
  Event: {
    id: value('id', to.id),
    title: value('name', to.text),
    kind: value('sort', to.codes({ r: 'READING', w: 'WORKSHOP', s: 'SCREENING' })),
    startsAt: value('starts', to.instant),
    fee: value('fee', to.float),
    ages: list('ages', to.int),
    tags: list('tags', to.text),
    speakers: listed('speakers', 'Speaker'),
    room: embedded('room', 'Room'),
  },
  Speaker: { name: value('name', to.text) },
  Room: { name: value('name', to.text), seats: value('seats', to.int) },
  ItemHit: { score: value('score', to.float), snippet: value('snippet', to.text) },
  AuthorHit: { score: value('score', to.float) },
  BranchHit: { score: value('score', to.float) },
};

// Fields that lead to other records: (record, arguments) => value

const itemLinks = {
  language: (row) => language(row.language),
  copies: (row, { state }) => many('Copy', answers.copiesByItem([row.id], state)),
  holdings: (row) => answers.holdingsByItem([row.id]).map((record) => ({ type: holdingType[record.type], record })),
  archived,
};

export const links = {
  Query: {
    item: (_, { id }) => item(id),
    items: (_, { ids }) => ids.map(item).filter((found) => found !== null),
    catalog: (_, { shelf, language, title, first }) => records.catalog.item
      .filter((row) => sqlEqual(row.shelf, shelf) && sqlEqual(row.language, language) && sqlLike(row.title, title))
      .slice(0, first ?? 50)
      .map(itemNode),
    book: (_, { id }) => (item(id)?.type === 'Book' ? item(id) : null),
    author: (_, { id }) => author(id),
    authors: (_, { name }) => many('Author', records.catalog.author.filter((row) => sqlLike(row.name, name))),
    language: (_, { code }) => language(code),
    languages: () => many('Language', records.languages),
    archived,
    branch: (_, { id }) => branch(id),
    branches: (_, args) => many('Branch', answers.branchesAll(args)),
    copy: (_, key) => copy(key),
    member: (_, { id }) => member(id),
    loan: (_, { number }) => one('Loan', answers.loanByNumber(number)),
    event: (_, { id }) => one('Event', answers.eventsByIds([id])[0]),
    events: (_, { kind, after, first }) => many('Event', answers.eventList({ kind, after, limit: first })),
    pastEvents: () => asks('events', 'pastEvents', () => []),
    search: (_, { text, filter, first }) => answers.search({ text, filter, limit: first }).map((record) => ({ type: hitType[record.kind], record })),
  },
  Book: { ...itemLinks, author: (row) => author(row.author) },
  Film: itemLinks,
  Map: { ...itemLinks, original: archived },
  Review: { reader: ({ readerId }) => member(readerId) },
  Author: {
    books: ({ id }) => records.catalog.item.filter((row) => row.kind === 'B' && row.author === id).map(itemNode),
    papers: () => asks('archive', 'GET /papers', () => []),
  },
  Branch: {
    manager: (record) => member(record.manager?.member),
    copies: ({ id }, { state }) => many('Copy', answers.copiesAt([id], state)),
    events: ({ id }) => many('Event', answers.eventsAt([id])),
  },
  Showcase: { item: (record) => item(record.item) },
  Copy: {
    branch: (record) => branch(record.branch),
    item: (record) => item(record.item),
    loans: (record, { open }) => many('Loan', answers.loansOfCopies([record], open)),
  },
  Licence: { item: (record) => item(record.item) },
  Member: { loans: ({ id }, { open }) => asks('readers', `GET /members/${id}/loans`, () => many('Loan', answers.loansOfMember(id, open))) },
  Loan: { copy: (record) => copy(record.copy), member: (record) => member(record.member) },
  Event: {
    branch: ({ branchId }) => branch(branchId),
    items: ({ itemIds }) => itemIds?.map(item).filter((found) => found !== null) ?? null,
  },
  Speaker: { author: ({ authorId }) => author(authorId) },
  ItemHit: { item: ({ ref }) => item(ref) },
  AuthorHit: { author: ({ ref }) => author(ref) },
  BranchHit: { branch: ({ ref }) => branch(ref) },
};
