// The library's sources as servers on free loopback ports: four REST servers, a federation subgraph, and a GraphQL API of an
// agency. What they answer stands in `answers.mjs`, which of them fail in `faults.json`.

import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { buildSchema, graphql, GraphQLError } from 'graphql';
import * as answers from './answers.mjs';

const json = (body, status = 200) => ({ status, body: JSON.stringify(body) });
const none = json({ error: 'no such thing' }, 404);
const flag = (text) => (text === null || text === undefined ? undefined : String(text) === 'true');

// A batch by key answers backwards and leaves out what it does not have: whoever goes by position, goes wrong.
// Where a key has several records their order matters, so those come as they are.
const backwards = (list) => [...list].reverse();

// Splits before decoding: a comma within a key arrives encoded.
function keysOf(request, name) {
  const found = request.rawQuery.split('&').find((pair) => pair.startsWith(`${name}=`));
  const text = found?.slice(name.length + 1) ?? '';
  return text === '' ? [] : text.split(',').map(decodeURIComponent);
}

const rest = {
  circulation: {
    'GET /branches': (request) => json({ branches: backwards(answers.branchesById(keysOf(request, 'ids'))) }),
    'GET /branches/all': ({ query }) => json({
      branches: answers.branchesAll({ city: query.get('city'), stepFree: flag(query.get('step_free')) }),
    }),
    'POST /copies/search': ({ body }) => json({ copies: backwards(answers.copiesByKey(body.keys)) }),
    'GET /copies': (request) => json({ copies: answers.copiesByItem(keysOf(request, 'items'), request.query.get('state')) }),
    'POST /copies/at': ({ body }) => json({ copies: answers.copiesAt(body.branches, body.state) }),
    'GET /holdings': (request) => json({ holdings: answers.holdingsByItem(keysOf(request, 'items')) }),
  },
  readers: {
    'GET /members/*': ({ holes: [id] }) => {
      const member = answers.memberById(id);
      return member ? json({ member }) : none;
    },
    'GET /members/*/loans': ({ holes: [id], query }) => json({ loans: answers.loansOfMember(id, flag(query.get('open'))) }),
    'GET /loans/*': ({ holes: [number] }) => {
      const loan = answers.loanByNumber(number);
      return loan ? json(loan) : none;
    },
    'POST /loans/by-copy': ({ body }) => json(answers.loansOfCopies(body.copies, flag(body.open))),
  },
  search: {
    'POST /search': ({ body }) => json({ hits: answers.search(body) }),
  },
  archive: {},
};

// `Loose` passes anything: these sources give wrong types too, which graphql-js would catch in a type of its own.
const graphs = {
  reviews: {
    sdl: `
      scalar Loose
      scalar _Any
      type Review { stars: Loose text: Loose written: Loose tags: Loose readerId: Loose }
      type Book { id: ID! rating: Loose reviews: [Review] }
      union _Entity = Book
      type _Service { sdl: String! }
      type Query { _entities(representations: [_Any!]!): [_Entity]! _service: _Service! }`,
    root: {
      _service: { sdl: 'type Book @key(fields: "id") { id: ID! rating: Float reviews: [Review!] }' },
      _entities: ({ representations }) => representations.map(({ __typename, id }) => {
        const book = __typename === 'Book' ? answers.reviewsOfBook(id) : undefined;
        return book ? { __typename: 'Book', ...book } : null;
      }),
    },
  },
  events: {
    sdl: `
      scalar Loose
      type Speaker { name: Loose authorId: Loose }
      type Room { name: Loose seats: Loose }
      type Event {
        id: ID! name: Loose sort: Loose starts: Loose branchId: ID itemIds: [ID!] fee: Loose ages: Loose tags: Loose
        speakers: [Speaker] room: Room
      }
      type Events { events: [Event!]! }
      type Query {
        eventsByIds(ids: [ID!]!): [Event!]!
        eventsAt(branches: [ID!]!): Events!
        eventList(kind: String, after: String, limit: Int): Events!
        pastEvents(limit: Int): Events
      }`,
    root: {
      eventsByIds: ({ ids }) => backwards(answers.eventsByIds(ids)),
      eventsAt: ({ branches }) => ({ events: answers.eventsAt(branches) }),
      eventList: (args) => ({ events: answers.eventList(args) }),
      pastEvents: () => { throw new GraphQLError(answers.faultOf('events', 'pastEvents').error); },
    },
  },
};

function answerRest(source, request) {
  // A fault names the endpoint as the gateway calls it, without the query string.
  const fault = answers.faultOf(source, `${request.method} ${request.path}`);
  if (fault) return fault;
  for (const [endpoint, answer] of Object.entries(rest[source])) {
    const [method, path] = endpoint.split(' ');
    // Holes are matched on the encoded path: a slash within a key arrives encoded.
    const found = new RegExp(`^${path.replaceAll('*', '([^/]+)')}$`).exec(request.path);
    if (method === request.method && found) return answer({ ...request, holes: found.slice(1).map(decodeURIComponent) });
  }
  return none;
}

async function answerGraph(schema, root, { body }) {
  return json(await graphql({ schema, rootValue: root, source: body.query, variableValues: body.variables }));
}

function serve(name, answer, calls) {
  const server = createServer(async (incoming, outgoing) => {
    let text = '';
    for await (const chunk of incoming) text += chunk;
    const url = new URL(incoming.url, 'http://library.test');
    const path = incoming.url.split('?')[0];
    calls.push(`${name} ${incoming.method} ${path}`);
    try {
      const body = text === '' ? undefined : JSON.parse(text);
      const { status, body: out } = await answer({ method: incoming.method, path, rawQuery: url.search.slice(1), query: url.searchParams, body });
      outgoing.writeHead(status ?? 200, { 'content-type': 'application/json' }).end(out);
    } catch (error) {
      // A call that a source does not understand: the gateway's mistake, to be seen and not swallowed.
      calls.push(`${name} could not answer: ${error.message}`);
      outgoing.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error: error.message }));
    }
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ server, url: `http://127.0.0.1:${server.address().port}` }));
  });
}

/** Starts all servers. `env`: the variables that the resolver files name; `calls`: what was asked, for tests. */
export async function start() {
  const calls = [];
  const env = { LIBRARY_READERS_TOKEN: 'not-a-secret' };
  const servers = [];
  const open = async (name, answer) => {
    const { server, url } = await serve(name, answer, calls);
    servers.push(server);
    env[`LIBRARY_${name.toUpperCase()}_URL`] = url;
  };
  for (const name of Object.keys(rest)) await open(name, async (request) => answerRest(name, request));
  for (const [name, { sdl, root }] of Object.entries(graphs)) {
    const schema = buildSchema(sdl);
    if (name === 'reviews') schema.getType('_Entity').resolveType = (value) => value.__typename;
    await open(name, (request) => answerGraph(schema, root, request));
  }
  return {
    env,
    calls,
    stop: () => Promise.all(servers.map((server) => new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    }))),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { env } = await start();
  for (const [name, value] of Object.entries(env)) console.log(`${name}=${value}`);
}
