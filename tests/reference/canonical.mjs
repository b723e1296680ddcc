// JSON text without the freedoms of its writers (white space, escapes, `4.0` for `4`), but with the order of its members and with
// members that stand twice: two answers are the same if and only if these texts are.

const token = /\s+|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]/gy;

export function canonical(text) {
  let out = '';
  let at = 0;
  for (const [found] of text.matchAll(token)) {
    at += found.length;
    if (found[0] === '"') out += JSON.stringify(JSON.parse(found));
    else if (/[-\d]/.test(found[0])) out += String(Number(found));
    else out += found.trim();
  }
  if (at !== text.length) throw new Error(`not JSON at character ${at}`);
  return inOrder(out);
}

// The order of the types that an interface may be is nobody's: the reference has that of its walk through the schema.
const inOrder = (text) => text.replace(
  /"possibleTypes":\[((?:\{[^{}]*\},?)+)\]/g,
  (_, list) => `"possibleTypes":[${list.match(/\{[^{}]*\}/g).sort().join(',')}]`,
);

/** The text of one member of a canonical object; `undefined` where it has none. */
export function memberText(text, name) {
  let depth = 0;
  let start = 1;
  for (const { 0: found, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],]/g)) {
    if (found === '{' || found === '[') depth += 1;
    const ends = (found === ',' && depth === 1) || ((found === '}' || found === ']') && depth === 1);
    if (found === '}' || found === ']') depth -= 1;
    if (!ends) continue;
    const head = `${JSON.stringify(name)}:`;
    if (text.startsWith(head, start)) return text.slice(start + head.length, index);
    start = index + 1;
  }
  return undefined;
}
