// The toolbar's switch for explained answers: way, SQL and plan in `extensions`, for admins, in development.
import { ToolbarButton } from '@graphiql/react';
import { useState } from 'react';
import { settings } from './settings.js';

let explains = false;

/** Gives a fetcher that asks for explanations while the switch is on, but not of GraphiQL's own introspection. */
export const explaining = (fetcher) => (params, options) => {
  if (!explains || params.operationName === 'IntrospectionQuery') return fetcher(params, options);
  return fetcher(params, { ...options, headers: { ...options?.headers, 'x-explain': '1' } });
};

export function ExplainButton() {
  const [on, setOn] = useState(explains);
  if (!settings.explains) return null;
  const toggle = () => {
    explains = !on;
    setOn(!on);
  };
  return (
    <ToolbarButton label={on ? 'Stop explaining answers' : 'Explain answers (admins)'} aria-pressed={on} className="leora-explain" onClick={toggle}>
      <svg viewBox="0 0 24 24" className="graphiql-toolbar-icon" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
        <path d="M4 5h9M8 10h9M12 15h8M4 5v14h16" />
      </svg>
    </ToolbarButton>
  );
}
