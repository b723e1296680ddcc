import './workers.js';
import 'graphiql/style.css';
import './page.css';
import { GraphiQL } from 'graphiql';
import { useEffect, useMemo, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Bar } from './bar.jsx';
import { fetcherFor } from './fetcher.js';
import { loadPersonas, remember, remembered, stated, tokenOf } from './personas.js';
import { loadDefaultTabs } from './tabs.js';

const [defaultTabs, personas] = await Promise.all([loadDefaultTabs(), loadPersonas()]);

// GraphiQL fills the editors of a first visit with the query of the first default tab but not with its variables, and those of a visitor
// who comes back with neither unless they were edited: then its own store of tabs has both.
function openTab() {
  try {
    const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem('graphiql:tabState'));
    const { query, variables } = tabs[activeTabIndex];
    return { initialQuery: query ?? undefined, initialVariables: variables ?? undefined };
  } catch {
    return { initialVariables: defaultTabs[0].variables ?? undefined };
  }
}

const opened = openTab();

function Page() {
  const [choice, choose] = useState(() => (personas.length > 0 ? remembered(personas) : null));
  // Set while rendering: GraphiQL asks for the schema as soon as it is rendered with another fetcher, before effects of ours.
  const latest = useRef(choice);
  latest.current = choice;
  useEffect(() => {
    if (choice) remember(choice);
  }, [choice]);
  // Another persona is another fetcher: GraphiQL then asks for the schema as they may see it.
  const fetcher = useMemo(
    () =>
      fetcherFor(async () => {
        const { current } = latest;
        const persona = personas.find((known) => known.name === current?.persona);
        return persona ? stated(current, await tokenOf(persona)) : { headers: {} };
      }),
    [choice?.persona],
  );
  return (
    <>
      {choice && <Bar personas={personas} choice={choice} onChoose={choose} />}
      <div className="editor">
        <GraphiQL fetcher={fetcher} defaultTabs={defaultTabs} {...opened}>
          <GraphiQL.Logo>Headwaters</GraphiQL.Logo>
        </GraphiQL>
      </div>
    </>
  );
}

createRoot(document.getElementById('root')).render(<Page />);
