// That the comparison itself is sound: `node --test`. No gateway is needed.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { createHandler } from 'graphql-http/lib/use/http';
import { audit } from './audit.mjs';
import { canonical, memberText } from './canonical.mjs';
import { compare } from './compare.mjs';
import { breakages, itself } from './gateway.mjs';
import { generate } from './generate.mjs';
import { stale } from './records.mjs';
import { answer, build, unanswered } from './reference.mjs';
import { ways } from './spoil.mjs';
import { start } from './servers.mjs';

const schema = build();

test('the migrations and the file of languages are what the records say', () => assert.deepEqual(stale(), []));

test('the reference answers every field', () => assert.deepEqual(unanswered(schema), []));

test('the same seed gives the same documents, another seed others', () => {
  assert.deepEqual(generate(schema, 1, 7), generate(schema, 1, 7));
  assert.notDeepEqual(generate(schema, 1, 7), generate(schema, 2, 7));
});

test('about seven in ten documents are executed, some of them with field errors, and every way of spoiling is used', () => {
  const used = new Set();
  const results = Array.from({ length: 1000 }, (_, index) => {
    const request = generate(schema, 1, index);
    used.add(request.way);
    return answer(schema, request);
  });
  const executed = results.filter((result) => result.data !== undefined);
  assert.ok(executed.length > 620 && executed.length < 780, `${executed.length} executed`);
  assert.ok(executed.filter((result) => result.errors).length > 150);
  assert.ok(executed.filter((result) => !result.errors).length > 250);
  assert.deepEqual(Object.keys(ways).filter((way) => !used.has(way)), []);
});

// A resolver that throws a mistake of its own would look like a failing source: an agreement in error.
test('field errors are those that are meant', () => {
  const meant = /^(the source gave |Cannot return null for non-nullable field |\w+ could not be asked$|Argument "\w+" of )/;
  for (let index = 0; index < 2000; index += 1) {
    const { data, errors = [] } = answer(schema, generate(schema, 3, index));
    if (data !== undefined) errors.forEach(({ message }) => assert.match(message, meant, `document ${index}`));
  }
});

test('graphql-js does not differ from itself', async () => {
  const gateway = await itself();
  const result = await compare(schema, gateway.url, { seed: 2, count: 300 });
  await gateway.stop();
  assert.deepEqual(result.differences, []);
});

for (const broken of Object.keys(breakages)) {
  test(`a gateway that is wrong about ${broken} is found out`, async () => {
    const gateway = await itself(broken);
    const result = await compare(schema, gateway.url, { seed: 1, count: 300 });
    await gateway.stop();
    assert.ok(result.differences.length > 0);
  });
}

test('a gateway that does not answer is no agreement', async () => {
  const gateway = await itself();
  await gateway.stop();
  const result = await compare(schema, gateway.url, { seed: 1, count: 5 });
  assert.equal(result.differences.length, 5);
});

test('canonical text keeps order and repetition, not white space, escapes and the form of numbers', () => {
  assert.equal(canonical('{ "b": 4.0, "a": "\\u0041\\/" }'), '{"b":4,"a":"A/"}');
  assert.equal(canonical('{"a":1,"a":1}'), '{"a":1,"a":1}');
  assert.throws(() => canonical('{"a": nul}'));
  assert.equal(memberText(canonical('{"errors":[{"data":1}],"data":{"a":[1,{"b":"}"}]},"x":1}'), 'data'), '{"a":[1,{"b":"}"}]}');
  assert.equal(memberText('{"data":null}', 'data'), 'null');
  assert.equal(memberText('{"errors":[]}', 'data'), undefined);
  assert.equal(memberText('{"note":"\\"data\\":1"}', 'data'), undefined);
});

test('the audits pass where they should and fail where they should', async () => {
  const handler = createHandler({ schema });
  const serve = async (listener) => {
    const server = createServer(listener);
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const code = await audit(`http://127.0.0.1:${server.address().port}/graphql`);
    await new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    });
    return code;
  };
  assert.equal(await serve(handler), 0);
  assert.equal(await serve((_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}')), 1);
});

test('the servers answer as the resolver files expect', async (t) => {
  const { env, calls, stop } = await start();
  t.after(stop);
  const get = async (source, path) => {
    const response = await fetch(env[`LIBRARY_${source}_URL`] + path);
    return [response.status, await response.text().then((text) => { try { return JSON.parse(text); } catch { return text; } })];
  };
  const post = async (source, path, body) => {
    const response = await fetch(env[`LIBRARY_${source}_URL`] + path, { method: 'POST', body: JSON.stringify(body) });
    return [response.status, await response.json()];
  };
  const [, branches] = await get('CIRCULATION', '/branches?ids=b1,none,b2');
  assert.deepEqual(branches.branches.map(({ id }) => id), ['b2', 'b1'], 'backwards, without what there is not');
  const [, copies] = await post('CIRCULATION', '/copies/search', { keys: [{ branch: 'b2', barcode: '2,002' }, { branch: 'b1', barcode: '1001' }] });
  assert.equal(copies.copies.length, 2);
  assert.equal((await get('CIRCULATION', '/copies?items=i01&state=ON_LOAN'))[1].copies.length, 1);
  assert.equal((await get('CIRCULATION', '/branches/all?city=Port%20Selsey&step_free=true'))[1].branches.length, 2);
  assert.equal((await get('CIRCULATION', '/branches?ids=x%2Cy'))[1].branches.length, 0);
  assert.equal((await get('READERS', '/members/m1'))[1].member.id, 'm1');
  assert.equal((await get('READERS', '/members/a%2Fb'))[0], 404);
  assert.equal((await get('READERS', '/members/m4'))[0], 500);
  assert.equal(typeof (await get('READERS', '/members/m5'))[1], 'string', 'no JSON');
  assert.equal((await post('READERS', '/loans/by-copy', { open: null, copies: [{ branch: 'b1', barcode: '1001' }] }))[1].length, 2);
  assert.equal((await get('ARCHIVE', '/archived?ids=i01'))[0], 503);
  assert.equal((await post('SEARCH', '/search', { text: null, filter: { kinds: ['BRANCH'] }, limit: 1 }))[1].hits.length, 1);
  const [, books] = await post('REVIEWS', '/', {
    query: 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Book { id rating reviews { stars readerId } } } }',
    variables: { r: [{ __typename: 'Book', id: 'i03' }, { __typename: 'Book', id: 'none' }] },
  });
  assert.deepEqual([books.data._entities[0].rating, books.data._entities[1]], ['high', null]);
  const [, events] = await post('EVENTS', '/', { query: '{ eventsAt(branches: ["b1"]) { events { id } } pastEvents { events { id } } }' });
  assert.deepEqual([events.data.eventsAt.events.length, events.data.pastEvents, events.errors.length], [2, null, 1]);
  assert.deepEqual(calls.filter((call) => call.includes('could not answer')), []);
});
