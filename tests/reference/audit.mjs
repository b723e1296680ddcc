// The audits of GraphQL over HTTP, from the npm package of the specification's own authors:
//
//     node audit.mjs --url http://127.0.0.1:4000/graphql
//     node audit.mjs --gateway ../../target/release/headwaters

import { fileURLToPath } from 'node:url';
import { serverAudits } from 'graphql-http';
import { binary } from './gateway.mjs';
import { options } from './options.mjs';
import { start } from './servers.mjs';

/** Runs all audits, prints what failed and a last line; 0 only if all are well. */
export async function audit(url) {
  const audits = serverAudits({ url, fetchFn: fetch });
  const levels = new Map();
  let passed = 0;
  for (const each of audits) {
    const result = await each.fn();
    const level = each.name.split(' ')[0];
    const count = levels.get(level) ?? { ok: 0, all: 0 };
    levels.set(level, { ok: count.ok + (result.status === 'ok' ? 1 : 0), all: count.all + 1 });
    if (result.status === 'ok') passed += 1;
    else console.log(`${result.status} ${each.id} ${each.name}: ${result.reason}`);
    await result.response?.body?.cancel().catch(() => {});
  }
  const by = [...levels].map(([level, { ok, all }]) => `${level} ${ok} of ${all}`).join(', ');
  console.log(`${passed} of ${audits.length} (${by})`);
  return passed === audits.length ? 0 : 1;
}

async function main() {
  const chosen = options({ url: '', gateway: '' });
  if (chosen.url) return audit(chosen.url);
  if (!chosen.gateway) {
    console.error('say what to audit: --url URL, or --gateway PATH');
    return 2;
  }
  const sources = await start();
  let gateway;
  try {
    gateway = await binary(chosen.gateway, sources.env);
    return await audit(gateway.url);
  } catch (error) {
    console.error(error.message);
    return 2;
  } finally {
    await gateway?.stop();
    await sources.stop();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
