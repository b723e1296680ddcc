// The page for people in a real browser, with scripts turned off: who was booked last in the county's jail is found, the application for counsel is
// filled for them, read, printed and taken along. Then each page is looked at for what people need who don't see well, or use the keyboard alone.
//
//   node prefill.mjs --gateway PATH [--screenshot FILE]
//
// Needs Debian's chromium. Starts the demonstration itself, from the project's folder.
import { readFileSync } from 'node:fs';
import { browser, demonstrated, timeout, values } from './demonstration.mjs';

const jail = 'MT0560000';

/** Who was booked last, by the jail's public roster. */
async function latest(address) {
  const query = `{ roster(facility: "${jail}", first: 100) { nodes { number bookedAt person { legalName { full given surname } } } } }`;
  const answer = await fetch(`${address}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) });
  const { nodes } = (await answer.json()).data.roster;
  return nodes.filter((node) => node.person).sort((a, b) => a.bookedAt.localeCompare(b.bookedAt)).at(-1);
}

/** What people need who don't see well, or use the keyboard alone: of a page as it is drawn. */
const needs = () => {
  const wrong = [];
  if (document.documentElement.lang !== 'en') wrong.push('the page does not say its language');
  if (document.querySelectorAll('main').length !== 1) wrong.push('there is not one main landmark');
  if (document.querySelectorAll('h1').length !== 1) wrong.push('there is not one first heading');
  for (const field of document.querySelectorAll('input:not([type=hidden]), select')) {
    if (!field.labels?.length) wrong.push(`no label: ${field.name}`);
  }
  for (const cell of document.querySelectorAll('th')) if (!cell.scope) wrong.push(`a heading of a table without scope: ${cell.textContent}`);
  const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
  if (new Set(ids).size !== ids.length) wrong.push('an id stands twice');
  // Contrast by WCAG 2.2, 1.4.3: 4.5 to 1.
  const parts = (text) => text.match(/[\d.]+/g).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const rgb = parts(getComputedStyle(at).backgroundColor);
      if (rgb.length < 4 || rgb[3] > 0) return rgb;
    }
    return [255, 255, 255];
  };
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (!own) continue;
    const [a, b] = [light(parts(getComputedStyle(element).color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) wrong.push(`contrast ${ratio.toFixed(2)}: ${element.textContent.trim().slice(0, 40)}`);
  }
  return wrong;
};

async function walk(address) {
  const window = await browser();
  const wrong = [];
  const expect = (what, good) => good || wrong.push(what);
  try {
    const context = await window.newContext({ javaScriptEnabled: false, acceptDownloads: true, viewport: { width: 1200, height: 900 } });
    const page = await context.newPage();
    page.on('console', (message) => message.type() === 'error' && wrong.push(`console: ${message.text()}`));
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.origin !== address) wrong.push(`asked elsewhere: ${url.origin}`);
      if (url.search) wrong.push(`something stands in an address: ${url.pathname}`);
    });
    const booked = await latest(address);
    const { given, surname, full } = booked.person.legalName;
    await page.goto(`${address}/prefill`, { timeout });
    wrong.push(...(await page.evaluate(needs)));
    await page.getByLabel('Application for counsel').check({ timeout });
    await page.getByLabel('In this demonstration').selectOption('defender-intake', { timeout });
    await page.getByLabel('Last name').fill(surname);
    await page.getByLabel('First name').fill(given);
    await page.getByLabel('Case reference').fill(booked.number);
    await page.keyboard.press('Enter');
    const fill = page.getByRole('button', { name: `the stay ${booked.number} in` });
    await fill.waitFor({ timeout });
    wrong.push(...(await page.evaluate(needs)));
    await fill.click({ timeout });
    await page.getByRole('heading', { name: 'Application for counsel', level: 1 }).waitFor({ timeout });
    wrong.push(...(await page.evaluate(needs)));
    const text = await page.locator('main').innerText();
    expect(`the name is filled in: ${full}`, text.includes(full));
    for (const credited of ['Yellowstone County Detention Facility', 'golden', 'live']) expect(`credited: ${credited}`, text.includes(credited));
    expect('the address is to be confirmed', /Mailing address[^\n]*\n?[^]*?confirm/.test(text));
    expect('money is typed by the client', text.includes('by the client'));
    expect('the footer says what was saved', /This form has saved \d+ fields/.test(await page.locator('footer').innerText()));
    if (values.screenshot) await page.screenshot({ path: values.screenshot, fullPage: false });
    const printed = await page.pdf({ format: 'Letter' }).catch(() => undefined);
    if (printed) expect('the page can be printed', printed.length > 10_000);
    for (const [button, file] of [['As JSON', 'opd-application.json'], ['As PDF', 'opd-application.pdf']]) {
      const coming = page.waitForEvent('download', { timeout });
      await page.getByRole('button', { name: button }).click({ timeout });
      const download = await coming;
      expect(`a file of that name: ${file}`, download.suggestedFilename() === file);
      const bytes = readFileSync(await download.path());
      expect(`${file} is one`, file.endsWith('.pdf') ? bytes.subarray(0, 5).toString() === '%PDF-' : JSON.parse(bytes).id === 'opd-application');
    }
    // Whoever may not, types: the public has no address of anybody.
    await page.goto(`${address}/prefill`, { timeout });
    await page.getByLabel('Application for counsel').check({ timeout });
    await page.getByLabel('In this demonstration').selectOption('public', { timeout });
    await page.getByLabel('Number').fill(`${jail}/${booked.number}`);
    await page.getByRole('button', { name: 'Go on' }).click({ timeout });
    await page.getByRole('heading', { name: 'Application for counsel', level: 1 }).waitFor({ timeout });
    const row = await page.getByRole('row', { name: 'Mailing address' }).innerText();
    expect(`the public types the address: ${row}`, row.includes('type'));
    console.log(`booked ${booked.bookedAt}: ${(await page.locator('footer').innerText()).trim()}`);
  } finally {
    await window.close();
  }
  return wrong;
}

await demonstrated(walk);
