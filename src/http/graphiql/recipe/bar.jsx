// The bar above the editor: who asks, for which purpose, and why.
import { usual } from './personas.js';

const PURPOSES = {
  C: 'criminal justice',
  D: 'domestic violence proceedings',
  VICTIM: 'victims',
  DEFENSE: 'defense',
  STATISTICS: 'statistics',
  PUBLIC: 'public',
  SUBJECT: 'my own record',
  AUDIT: 'audit',
};

const whoIs = ({ person, employer, agency }) => [person, employer, agency].filter(Boolean).join(' · ');

export function Bar({ personas, choice, onChoose }) {
  const persona = personas.find((known) => known.name === choice.persona);
  const change = (part) => onChoose({ ...choice, ...part });
  return (
    <form className="bar" aria-label="Who asks" onSubmit={(event) => event.preventDefault()}>
      <label className="bar-who">
        <span>Ask as</span>
        <select
          name="persona"
          value={choice.persona}
          onChange={(event) => onChoose(usual(personas.find((known) => known.name === event.target.value)))}
        >
          {personas.map((known) => (
            <option key={known.name} value={known.name}>
              {known.title}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>for</span>
        <select name="purpose" value={choice.purpose} onChange={(event) => change({ purpose: event.target.value })}>
          {persona.purposes.map((purpose) => (
            <option key={purpose} value={purpose}>
              {purpose === PURPOSES[purpose]?.toUpperCase() ? purpose : `${purpose} · ${PURPOSES[purpose] ?? 'other'}`}
            </option>
          ))}
        </select>
      </label>
      <label className="bar-reason">
        <span>because</span>
        <input
          name="reason"
          value={choice.reason}
          maxLength={300}
          placeholder="reason"
          autoComplete="off"
          onChange={(event) => change({ reason: event.target.value })}
        />
      </label>
      <label className="bar-case">
        <span>case</span>
        <input
          name="caseReference"
          value={choice.caseReference}
          maxLength={100}
          placeholder="case, booking or incident"
          autoComplete="off"
          onChange={(event) => change({ caseReference: event.target.value })}
        />
      </label>
      <output className="bar-person" title={whoIs(persona)}>
        {whoIs(persona)}
      </output>
    </form>
  );
}
