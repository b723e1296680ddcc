// What the library's sources answer: pure functions over the records. The servers put them on the wire; the reference asks them
// directly. How an answer's values become values of the graph is not said here: that is what is under test.

import { readFileSync } from 'node:fs';
import { records } from './records.mjs';

const faults = JSON.parse(readFileSync(new URL('faults.json', import.meta.url), 'utf8'));

/** The fault that this endpoint is told to have, if any. */
export const faultOf = (source, endpoint) => faults[source]?.[endpoint];

const given = (value) => value !== null && value !== undefined;
const limited = (list, limit) => (given(limit) ? list.slice(0, Math.max(0, limit)) : list);
// Sources write identifiers as they like, callers send text.
const same = (a, b) => given(a) && String(a) === String(b);
const oneOf = (value, keys) => keys.some((key) => same(value, key));

const { circulation, readers, events } = records;

// Circulation

export const branchesById = (ids) => circulation.branches.filter((branch) => oneOf(branch.id, ids));

const truthy = (value) => value === 'Y' || value === 1;

export const branchesAll = ({ city, stepFree }) => circulation.branches.filter(
  (branch) => (!given(city) || branch.address?.city === city)
    && (!given(stepFree) || truthy(branch.building?.step_free) === stepFree),
);

const stateCodes = { ON_SHELF: 'S', ON_LOAN: 'L', IN_REPAIR: 'R' };
const inState = (copy, state) => !given(state) || copy.state === stateCodes[state];

export const copiesByKey = (keys) => circulation.copies.filter(
  (copy) => keys.some((key) => same(copy.branch, key.branch) && same(copy.barcode, key.barcode)),
);
export const copiesByItem = (items, state) => circulation.copies.filter((copy) => oneOf(copy.item, items) && inState(copy, state));
export const copiesAt = (branches, state) => circulation.copies.filter((copy) => oneOf(copy.branch, branches) && inState(copy, state));

/** Licences first, so that the order of the list says nothing about the types. */
export const holdingsByItem = (items) => [
  ...circulation.licences.map((licence) => ({ type: 'licence', ...licence })),
  ...circulation.copies.map((copy) => ({ type: 'copy', ...copy })),
].filter((holding) => oneOf(holding.item, items));

// Readers

export const memberById = (id) => readers.members.find((member) => same(member.id, id));
export const loanByNumber = (number) => readers.loans.find((loan) => same(loan.number, number));

const isOpen = (loan, open) => !given(open) || open === (loan.returned === false);

export const loansOfMember = (id, open) => readers.loans.filter((loan) => same(loan.member, id) && isOpen(loan, open));
export const loansOfCopies = (copies, open) => readers.loans.filter(
  (loan) => isOpen(loan, open)
    && copies.some((key) => same(loan.copy?.branch, key.branch) && same(loan.copy?.barcode, key.barcode)),
);

// Reviews, events, search

export const reviewsOfBook = (id) => records.reviews.find((book) => same(book.id, id));

export const eventsByIds = (ids) => events.filter((event) => oneOf(event.id, ids));
export const eventsAt = (branches) => events.filter((event) => oneOf(event.branchId, branches));

const eventSorts = { READING: 'r', WORKSHOP: 'w', SCREENING: 's' };

export const eventList = ({ kind, after, limit }) => limited(events.filter(
  (event) => (!given(kind) || event.sort === eventSorts[kind])
    && (!given(after) || Date.parse(event.starts) > Date.parse(after)),
), limit);

const hitKinds = { ITEM: 'item', AUTHOR: 'author', BRANCH: 'branch' };

export const search = ({ text, filter, limit }) => limited(records.hits.filter(
  (hit) => (!given(text) || hit.words.includes(text))
    && (!given(filter?.kinds) || filter.kinds.some((kind) => hitKinds[kind] === hit.kind))
    && (!given(filter?.since) || hit.indexed >= filter.since)
    && (!given(filter?.score) || hit.score >= filter.score.least)
    && (!given(filter?.score?.most) || hit.score <= filter.score.most)
    && (!given(filter?.words) || filter.words.some((word) => hit.words.includes(word))),
), limit);
