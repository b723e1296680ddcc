// Sends one operation to the gateway. A GraphQL error still arrives as a JSON
// body, whatever the status code, and GraphiQL shows it as it is;
// anything else is shown as one error.
//
// `asks` gives the headers and extensions of whoever asks; headers that are
// written into the editor win over them.
export const fetcherFor = (asks) => async (params, options) => {
  const { headers, extensions } = await asks();
  const written = options?.headers ?? {};
  const names = new Set(Object.keys(written).map((name) => name.toLowerCase()));
  const own = Object.entries(headers).filter(([name]) => !names.has(name.toLowerCase()));
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/graphql-response+json, application/json;q=0.9',
      ...Object.fromEntries(own),
      ...written,
    },
    body: JSON.stringify(extensions ? { ...params, extensions: { ...extensions, ...params.extensions } } : params),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    const message = `HTTP ${response.status} ${response.statusText}: ${text}`;
    return { errors: [{ message }] };
  }
};
