// What is held against the reference: the gateway's binary, or graphql-js itself behind a server (`--self`), sound or broken.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answer, build } from './reference.mjs';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** Starts the binary over the library, its sources at the addresses in `env`. */
export async function binary(program, env, startMs = 30_000) {
  const store = mkdtempSync(join(tmpdir(), 'library-'));
  const child = spawn(program, ['demo', '--graph', path('../library/graph'), '--resolvers', path('../library/resolvers'), '--port', '0'], {
    env: { ...process.env, ...env, LIBRARY_CATALOG_URL: `sqlite://${join(store, 'catalog.db')}?mode=rwc` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
    }
    rmSync(store, { recursive: true, force: true });
  };
  const url = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the gateway did not start in ${startMs} ms\n${said}`)), startMs);
    const hear = (chunk) => {
      said += chunk;
      const found = /listening on (http:\/\/[^\s]+)/.exec(said);
      if (found) {
        clearTimeout(late);
        resolve(`${found[1]}/graphql`);
      }
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the gateway ended with ${code} before it listened\n${said}`)));
  }).catch(async (error) => {
    await stop();
    throw error;
  });
  return { url, stop, said: () => said };
}

const everyValue = (value, change) => {
  if (Array.isArray(value)) return value.map((inner) => everyValue(inner, change));
  if (value === null || typeof value !== 'object') return change(value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, everyValue(inner, change)]));
};
const sorted = (value) => {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
};

/** Ways for an answer to be wrong; a comparison that does not see each of them is worth nothing. */
export const breakages = {
  order: (result) => ({ ...result, data: sorted(result.data) }),
  silent: ({ data }) => ({ data }),
  paths: (result) => ({ ...result, errors: result.errors?.map((error) => ({ ...error, path: error.path?.filter((step) => typeof step === 'string') })) }),
  fewer: (result) => ({ ...result, errors: result.errors?.slice(1) }),
  values: (result) => ({ ...result, data: everyValue(result.data, (value) => (value === 'The Tide Table' ? 'the tide table' : value)) }),
  lenient: (result) => (result.data === undefined ? { data: {} } : result),
  strict: (result) => (result.errors ? { errors: result.errors } : result),
};

/** graphql-js behind a plain server. `broken`: one of `breakages`, or nothing. */
export async function itself(broken) {
  const schema = build();
  const server = createServer(async (incoming, outgoing) => {
    let text = '';
    for await (const chunk of incoming) text += chunk;
    let result = JSON.parse(JSON.stringify(answer(schema, JSON.parse(text))));
    if (broken) result = breakages[broken](result);
    outgoing.writeHead(result.data === undefined ? 400 : 200, { 'content-type': 'application/graphql-response+json' }).end(JSON.stringify(result));
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    url: `http://127.0.0.1:${server.address().port}/graphql`,
    said: () => '',
    stop: () => new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    }),
  };
}
