// Whom one asks as. The server may offer people at /graphiql/personas.json, as the
// demonstration does:
//
//   [{"name": "clerk", "title": "…", "person": "…", "employer": "…", "agency": "…",
//     "purposes": ["C"], "reason": "…", "caseReference": "…", "token": "…", "holdsSeconds": 3600}]
//
// `token` is null for the public. Without a list (404, or not in this form) there is no menu.
const PLACE = '/graphiql/personas.json';
const KEY = 'headwaters:caller';

const isText = (value) => typeof value === 'string';

function isPersona(value) {
  return (
    value !== null &&
    typeof value === 'object' &&
    isText(value.name) &&
    isText(value.title) &&
    Array.isArray(value.purposes) &&
    value.purposes.length > 0 &&
    value.purposes.every(isText)
  );
}

export async function loadPersonas() {
  try {
    const response = await fetch(PLACE);
    if (!response.ok) return [];
    const personas = await response.json();
    if (!Array.isArray(personas) || !personas.every(isPersona)) return [];
    const at = Date.now();
    return personas.map((persona) => ({ ...persona, at }));
  } catch {
    return [];
  }
}

/** What a persona asks for, unless the visitor says otherwise. */
export function usual(persona) {
  return {
    persona: persona.name,
    purpose: persona.purposes[0],
    reason: persona.reason ?? '',
    caseReference: persona.caseReference ?? '',
  };
}

/** The choice of the last visit, if it still can be made. */
export function remembered(personas) {
  try {
    const choice = JSON.parse(localStorage.getItem(KEY));
    const persona = personas.find((known) => known.name === choice?.persona);
    const whole = ['purpose', 'reason', 'caseReference'].every((name) => isText(choice?.[name]));
    if (persona?.purposes.includes(choice.purpose) && whole) return choice;
  } catch {
    // No storage, or not what was put there.
  }
  return usual(personas[0]);
}

export function remember(choice) {
  try {
    localStorage.setItem(KEY, JSON.stringify(choice));
  } catch {
    // The choice holds for this visit.
  }
}

// A header holds Latin-1 at most; what does not fit goes into `extensions`, which say the same.
const fitsHeader = (text) => /^[\x20-\x7e]*$/.test(text);

/** Headers and extensions of a request by this choice. */
export function stated(choice, token) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const purpose = {};
  const state = (header, member, text) => {
    if (text === '') return;
    if (fitsHeader(text)) headers[header] = text;
    else purpose[member] = text;
  };
  state('Purpose-Of-Use', 'code', choice.purpose);
  state('Purpose-Reason', 'reason', choice.reason.trim());
  state('Case-Reference', 'caseReference', choice.caseReference.trim());
  return { headers, extensions: Object.keys(purpose).length > 0 ? { purpose } : undefined };
}

/** A token of this persona that holds for a while: from the list, or from a new one. */
export async function tokenOf(persona) {
  const age = (Date.now() - persona.at) / 1000;
  if (!persona.token || age < (persona.holdsSeconds ?? 600) / 2) return persona.token;
  const again = (await loadPersonas()).find((known) => known.name === persona.name);
  return Object.assign(persona, again).token;
}
