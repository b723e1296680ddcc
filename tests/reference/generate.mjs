// The documents of a comparison: seeded, about 70 in 100 of them good. `node generate.mjs [--seed N] [--count N]` prints figures.

import { fileURLToPath } from 'node:url';
import { document } from './document.mjs';
import { options } from './options.mjs';
import { random } from './random.mjs';
import { ways } from './spoil.mjs';

const names = Object.keys(ways);

/** The `index`-th document; each has choices of its own, so that `--only` needs no others. */
export function generate(schema, seed, index) {
  const r = random(Math.imul(seed, 1_000_003) + index);
  let good = document(r, schema);
  if (!r.chance(0.35)) return request(index, good);
  for (let tries = 0; tries < 20; tries += 1) {
    const way = r.pick(names);
    let spoiled;
    try {
      spoiled = ways[way](r, good, schema);
    } catch {
      spoiled = undefined;   // the good one was none, and the way needs to parse it
    }
    if (spoiled) return request(index, spoiled, way);
    if (tries % 5 === 4) good = document(r, schema);
  }
  return request(index, good);
}

// As it goes over the wire: enum values become text, values that JSON has not are gone.
const request = (index, { query, variables, operationName }, way) => ({
  index, way, query, operationName, variables: JSON.parse(JSON.stringify(variables)),
});

async function main() {
  const { build } = await import('./reference.mjs');
  const { figures } = await import('./figures.mjs');
  const { seed, count } = options({ seed: 1, count: 1000 });
  const schema = build();
  console.log(figures(schema, Array.from({ length: count }, (_, index) => generate(schema, seed, index))));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
