// Runs every generated document through the gateway and through the reference, and reports where they differ:
//
//     node compare.mjs --gateway ../../target/release/headwaters [--seed 1] [--count 1000] [--only N] [--verbose]
//     node compare.mjs --self [--broken order]
//
// The same means: both refuse, or both execute; the same `data` to the letter, order of members included; errors at the same paths.

import { fileURLToPath } from 'node:url';
import { canonical, memberText } from './canonical.mjs';
import { binary, itself } from './gateway.mjs';
import { generate } from './generate.mjs';
import { options } from './options.mjs';
import { answer, build } from './reference.mjs';
import { start } from './servers.mjs';

const concurrency = 8;
const patienceMs = 15_000;

/** What counts in a response: verdict, data, places of errors. */
function essence(text) {
  const plain = canonical(text);
  const data = memberText(plain, 'data');
  const { errors = [] } = JSON.parse(text);
  if (data === undefined) return { verdict: 'refused', data: undefined, paths: [] };
  return { verdict: 'executed', data, paths: [...new Set(errors.map((error) => JSON.stringify(error.path ?? [])))].sort() };
}

async function ask(url, { query, variables, operationName }) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query, variables, operationName }),
    signal: AbortSignal.timeout(patienceMs),
  });
  const text = await response.text();
  // A refusal is a 4xx that says why; anything else without data is a failure of the gateway and no verdict.
  if (response.status >= 500) throw new Error(`status ${response.status}: ${text}`);
  return text;
}

const say = (value) => (typeof value === 'string' ? value : JSON.stringify(value));

function report(request, differs, gateway, reference) {
  return [
    `--- document ${request.index}${request.way ? ` (${request.way})` : ''}: ${differs}`,
    request.query,
    `variables: ${JSON.stringify(request.variables)}${request.operationName === undefined ? '' : `, operationName: ${JSON.stringify(request.operationName)}`}`,
    `gateway:   ${say(gateway)}`,
    `reference: ${say(reference)}`,
    '',
  ].join('\n');
}

/** Compares one document: `undefined` where both agree, else what to print. */
async function compareOne(schema, url, request, count) {
  const reference = JSON.stringify(answer(schema, request));
  const expected = essence(reference);
  if (expected.verdict === 'refused') count.refused += 1;
  else if (expected.paths.length > 0) count.errors += 1;
  let text;
  try {
    text = await ask(url, request);
    const found = essence(text);
    const differs = ['verdict', 'data', 'paths'].filter((what) => say(found[what]) !== say(expected[what]));
    return differs.length === 0 ? undefined : report(request, differs.join(', '), text, reference);
  } catch (error) {
    return report(request, 'no answer', text === undefined ? error.message : `${error.message}: ${text}`, reference);
  }
}

/** Compares `count` documents with what answers at `url`; differences in the order of the documents. */
export async function compare(schema, url, { seed, count, only = -1, verbose = false }) {
  const indexes = only >= 0 ? [only] : Array.from({ length: count }, (_, index) => index);
  const counted = { refused: 0, errors: 0 };
  const found = new Map();
  const waiting = indexes.values();
  await Promise.all(Array.from({ length: concurrency }, async () => {
    for (const index of waiting) {
      const request = generate(schema, seed, index);
      if (verbose) console.log(`document ${index}${request.way ? ` (${request.way})` : ''}\n${request.query}\nvariables: ${JSON.stringify(request.variables)}\n`);
      const difference = await compareOne(schema, url, request, counted);
      if (difference) found.set(index, difference);
    }
  }));
  return { documents: indexes.length, ...counted, differences: indexes.filter((index) => found.has(index)).map((index) => found.get(index)) };
}

async function main() {
  const chosen = options({ gateway: '', self: false, broken: '', seed: 1, count: 1000, only: -1, verbose: false });
  if (!chosen.self && !chosen.gateway) {
    console.error('say which gateway: --gateway PATH, or --self');
    return 2;
  }
  const sources = await start();
  let gateway;
  try {
    gateway = chosen.self ? await itself(chosen.broken) : await binary(chosen.gateway, sources.env);
    const result = await compare(build(), gateway.url, chosen);
    result.differences.forEach((difference) => console.log(difference));
    // Calls that a source did not understand point at the cause.
    const misunderstood = sources.calls.filter((call) => call.includes('could not answer'));
    if (misunderstood.length > 0) console.log(`sources: ${[...new Set(misunderstood)].slice(0, 10).join('\n         ')}`);
    if (chosen.verbose) console.log(gateway.said());
    console.log(`${result.documents} documents, ${result.differences.length} differences (${result.refused} refused, ${result.errors} with field errors)`);
    return result.differences.length > 0 ? 1 : 0;
  } catch (error) {
    console.error(error.message);
    return 2;
  } finally {
    await gateway?.stop();
    await sources.stop();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
