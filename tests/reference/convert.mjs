// From a source's value to a value of the graph, by the mapping contract (docs/resolvers.md). Written apart from the gateway on
// purpose, and the plainest way. `null` stays `null`; a value of another type throws: a field error at its leaf.

export class Invalid extends Error {}

const invalid = () => { throw new Invalid('the source gave a value of another type'); };

const nullable = (convert) => (value) => (value === null || value === undefined ? null : convert(value));

export const text = nullable((value) => (typeof value === 'string' ? value : invalid()));
export const textOrNumber = nullable((value) => (typeof value === 'number' ? String(value) : text(value)));
export const trimmed = nullable((value) => text(value).trim());
export const id = textOrNumber;

const numeric = (value) => {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : invalid();
};

export const int = nullable((value) => {
  const number = numeric(value);
  return Number.isInteger(number) && Math.abs(number) < 2 ** 31 ? number : invalid();
});

export const float = nullable(numeric);

export const bool = nullable((value) => (typeof value === 'boolean' ? value : invalid()));

export const truth = (...codes) => nullable((value) => (typeof value === 'boolean' ? value : codes.includes(String(value))));

export const codes = (table, other) => nullable((value) => table[String(value)] ?? other ?? invalid());

export const member = (...names) => nullable((value) => (names.includes(value) ? value : invalid()));

export function isDay(value) {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  if (!found) return false;
  const [year, month, day] = found.slice(1).map(Number);
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

const rfc3339 = /^(\d{4}-\d{2}-\d{2})[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

export const isInstant = (value) => isDay(rfc3339.exec(value)?.[1] ?? '');

export const date = nullable((value) => (isDay(text(value)) ? value : invalid()));

/** `01.09.1931` */
export const dottedDate = nullable((value) => {
  const found = /^(\d{2})\.(\d{2})\.(\d{4})$/.exec(text(value)) ?? invalid();
  return date(`${found[3]}-${found[2]}-${found[1]}`);
});

const utc = (ms) => new Date(ms).toISOString().replace('.000Z', 'Z');

export const instant = nullable((value) => (isInstant(text(value)) ? utc(Date.parse(value)) : invalid()));

const whole = (value) => (Number.isInteger(value) ? value : invalid());
export const epochSeconds = nullable((value) => utc(whole(value) * 1000));
export const epochMillis = nullable((value) => utc(whole(value)));

const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Copenhagen', dateStyle: 'short', timeStyle: 'medium' });

/** `17.05.2024 14:30` by the clock on the wall in Copenhagen, one or two hours ahead of UTC. */
export const wallClock = nullable((value) => {
  const found = /^(\d{2})\.(\d{2})\.(\d{4}) (\d{2}:\d{2})$/.exec(text(value)) ?? invalid();
  const wall = `${found[3]}-${found[2]}-${found[1]} ${found[4]}:00`;
  for (const hours of [1, 2]) {
    const ms = Date.parse(`${wall.replace(' ', 'T')}Z`) - hours * 3_600_000;
    if (clock.format(ms) === wall) return utc(ms);
  }
  return invalid();
});
