// The developers' page in a real browser: it loads from the gateway alone, knows the schema, runs the story that stands open, and sends
// whoever was chosen in its bar.
//
//   node page.mjs --gateway PATH [--screenshot FILE]
//
// Needs Debian's chromium. Starts the demonstration itself, from the project's folder.
import { browser, demonstrated, timeout as wait, values } from './demonstration.mjs';

/** The operation of the first story. */
const story = 'query SentencingHistory';

async function look(address) {
  const window = await browser();
  const wrong = [];
  try {
    const page = await window.newPage({ viewport: { width: 1400, height: 900 } });
    page.on('console', (message) => message.type() === 'error' && wrong.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => wrong.push(`page: ${error.message}`));
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== address) wrong.push(`asked elsewhere: ${url.origin}`);
    });
    const sent = [];
    page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/graphql') sent.push(request);
    });
    await page.goto(address, { waitUntil: 'domcontentloaded', timeout: wait });
    wrong.push(...(await run(page)));
    await page.getByRole('button', { name: /documentation explorer/i }).click({ timeout: wait });
    await page.locator('.graphiql-doc-explorer').getByText('Query').first().waitFor({ timeout: wait });
    wrong.push(...(await choose(page, sent)));
    // After a reload too, with its variables.
    wrong.push(...(await run(page)));
    if (values.screenshot) {
      await page.getByRole('button', { name: /documentation explorer/i }).click({ timeout: wait });
      await page.screenshot({ path: values.screenshot });
    }
  } finally {
    await window.close();
  }
  return wrong;
}

/** Runs the story that stands open, the first one. The page draws only the lines that are seen, so what was answered is read on its way. */
async function run(page) {
  const answered = page.waitForResponse((response) => response.request().postData()?.includes(story), { timeout: wait });
  await page.getByRole('button', { name: /execute query/i }).click({ timeout: wait });
  const { data, errors } = await (await answered).json();
  await page.locator('.graphiql-response').getByText('"judge"').first().waitFor({ timeout: wait });
  const defendant = data?.case?.defendant;
  const wrong = [];
  if (!defendant?.legalName?.full || !defendant.bookings?.length || !defendant.charges?.length) wrong.push('the story that stands open gave no answer');
  if (errors) wrong.push(`the story that stands open gave errors: ${JSON.stringify(errors[0])}`);
  return wrong;
}

/** What a token says, unverified. */
const claims = (request) => JSON.parse(Buffer.from((request.headers().authorization ?? '').split('.')[1] ?? 'e30', 'base64url'));

/** Who is there at the start, who is chosen then, and who is still chosen after a reload: each as the gateway was told. */
async function choose(page, sent) {
  const wrong = [];
  const expect = (what, found, wanted) => found === wanted || wrong.push(`${what}: ${found}, not ${wanted}`);
  const asked = async (act) => {
    const request = page.waitForRequest((request) => request.postData()?.includes('IntrospectionQuery'), { timeout: wait });
    await act();
    const answer = await (await request).response();
    expect('the schema as they may see it', answer.status(), 200);
    return request;
  };
  const first = sent.find((request) => request.postData()?.includes(story));
  expect('the first one', claims(first).AgencyKind, 'COURT');
  expect('their purpose', first.headers()['purpose-of-use'], 'C');
  const as = page.getByLabel('Ask as');
  const defender = await asked(() => as.selectOption('defender-intake'));
  expect('the chosen one', claims(defender).AgencyKind, 'DEFENSE');
  expect('their purpose', defender.headers()['purpose-of-use'], 'DEFENSE');
  await page.getByLabel('because').fill('entrevue préalable — café ☕');
  const again = await asked(() => page.reload({ waitUntil: 'domcontentloaded', timeout: wait }));
  expect('the one of the last visit', claims(again).AgencyKind, 'DEFENSE');
  expect('a reason that no header holds', JSON.parse(again.postData()).extensions?.purpose?.reason, 'entrevue préalable — café ☕');
  const anybody = await asked(() => as.selectOption('public'));
  expect('the token of the public', anybody.headers().authorization, undefined);
  expect('their purpose', anybody.headers()['purpose-of-use'], 'PUBLIC');
  await asked(() => as.selectOption('clerk'));
  const stored = await page.evaluate(() => JSON.stringify(localStorage));
  if (stored.includes('eyJ')) wrong.push('a token is kept in the browser');
  return wrong;
}

await demonstrated((address) =>
  // A browser that hangs while it starts is Chromium's affair: it gets a second chance, and what it said is shown.
  look(address).catch((error) => {
    if (error.name !== 'TimeoutError') throw error;
    console.log(`a second browser, since the first one hung: ${error.message}`);
    return look(address);
  }),
);
