// Sends one operation to the gateway. A GraphQL error still arrives as a JSON
// body, whatever the status code, and GraphiQL shows it as it is;
// anything else is shown as one error.
export async function fetcher(params, options) {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/graphql-response+json, application/json;q=0.9',
      ...options?.headers,
    },
    body: JSON.stringify(params),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    const message = `HTTP ${response.status} ${response.statusText}: ${text}`;
    return { errors: [{ message }] };
  }
}
