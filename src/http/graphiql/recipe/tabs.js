// The queries a first-time visitor finds open. The server may offer a list at
// /graphiql/tabs.json:
//
//   [{"title": "...", "query": "...", "variables": "{...}"}]
//
// Without one (404, or not in this form) there is a single hello tab.
const HELLO = [
  {
    query: `# Headwaters: one GraphQL endpoint over several data sources.
#
#   Run the query       Ctrl-Enter
#   Complete a name     Ctrl-Space
#   Browse the schema   the book icon, top left
#
# This one asks the schema for the fields you can start from.

query Hello {
  __schema {
    queryType {
      fields {
        name
        description
      }
    }
  }
}
`,
  },
];

const isText = (value) => typeof value === 'string';
const isOptionalText = (value) => value == null || isText(value);

function isTab(value) {
  return (
    value !== null &&
    typeof value === 'object' &&
    isText(value.query) &&
    isOptionalText(value.title) &&
    isOptionalText(value.variables)
  );
}

// GraphiQL captions a tab with its operation's name and has no title of its
// own, so the title goes in as the first line of the query, as a comment.
function toGraphiQLTab({ title, query, variables }) {
  const heading = (title ?? '').replace(/\s+/g, ' ').trim();
  const headed = heading && !query.trimStart().startsWith('#');
  return {
    query: headed ? `# ${heading}\n\n${query}` : query,
    variables: variables || null,
  };
}

export async function loadDefaultTabs() {
  try {
    const response = await fetch('/graphiql/tabs.json');
    if (!response.ok) return HELLO;
    const tabs = await response.json();
    if (!Array.isArray(tabs) || tabs.length === 0 || !tabs.every(isTab)) return HELLO;
    return tabs.map(toGraphiQLTab);
  } catch {
    return HELLO;
  }
}
