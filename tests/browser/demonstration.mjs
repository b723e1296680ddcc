// What the tests in a browser have in common: the demonstration of this very program, and a browser that asks nobody else.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** `--gateway PATH [--screenshot FILE]` */
export const { values } = parseArgs({ options: { gateway: { type: 'string' }, screenshot: { type: 'string' } } });

/** Milliseconds. Generous: a machine that does much else at the same time draws a page slowly. Nothing waits longer than it must. */
export const timeout = 90_000;

/** Debian's chromium. */
export const browser = () =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });

/** The program, and its address once it listens. */
async function started(folder) {
  const program = spawn(values.gateway, ['demo', '--persons', '500', '--port', '0', '--store', join(folder, 'golden.sqlite')], { cwd: root });
  program.stderr.pipe(process.stderr);
  for await (const line of createInterface({ input: program.stdout })) {
    const address = /^listening on (http:\S+)/.exec(line)?.[1];
    if (address) return { program, address };
  }
  throw new Error('the demonstration ended before it listened');
}

/** Runs a test against the demonstration. It gives what was wrong, a line each, and fails where anything was. */
export async function demonstrated(test) {
  const folder = mkdtempSync(join(tmpdir(), 'headwaters-browser-'));
  const { program, address } = await started(folder);
  try {
    const wrong = await test(address);
    wrong.forEach((line) => console.log(line));
    console.log(`${wrong.length === 0 ? 1 : 0} passed, ${wrong.length} failed`);
    process.exitCode = wrong.length === 0 ? 0 : 1;
  } finally {
    program.kill('SIGTERM');
    await once(program, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}
