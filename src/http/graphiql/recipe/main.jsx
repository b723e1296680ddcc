import './workers.js';
import 'graphiql/style.css';
import './page.css';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { fetcher } from './fetcher.js';
import { loadDefaultTabs } from './tabs.js';

// GraphiQL keeps a visitor's own tabs in local storage under this key.
function hasStoredTabs() {
  try {
    return localStorage.getItem('graphiql:tabState') !== null;
  } catch {
    return false;
  }
}

const returning = hasStoredTabs();
const defaultTabs = await loadDefaultTabs();

createRoot(document.getElementById('root')).render(
  <GraphiQL
    fetcher={fetcher}
    defaultTabs={defaultTabs}
    // GraphiQL fills in the query of the first default tab but not its variables.
    initialVariables={returning ? undefined : (defaultTabs[0].variables ?? undefined)}
  >
    <GraphiQL.Logo>Headwaters</GraphiQL.Logo>
  </GraphiQL>,
);
