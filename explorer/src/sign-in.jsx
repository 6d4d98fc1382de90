import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useRef, useState } from 'react';
import { audiences, signIn } from './session.js';
import { settings } from './settings.js';

const first = settings.demoAccounts[0] ?? { tenant: settings.tenant, audience: 'STAFF', email: '', password: '' };
const isPortal = (tab) => tab.title.startsWith('Portal');

/** Gives a function that puts headers into the Headers editor of this tab, and of the others for that audience. */
function useHeaders() {
  const { moveTab, updateActiveTabValues } = useGraphiQLActions();
  const tabs = useGraphiQL((state) => state.tabs);
  const active = useGraphiQL((state) => state.activeTabIndex);
  const editor = useGraphiQL((state) => state.headerEditor);
  const latest = useRef();
  latest.current = { tabs, active, editor }; // the answer comes later: tabs that are gone by then must not come back
  return (headers, audience) => {
    const { tabs, active, editor } = latest.current;
    const text = JSON.stringify(headers, null, 2);
    const mine = (tab) => isPortal(tab) === (audience === 'PORTAL');
    moveTab(tabs.map((tab, index) => (index !== active && mine(tab) ? { ...tab, headers: text } : tab)));
    updateActiveTabValues({ headers: text }); // at once: the editor tells its tab only after a moment
    editor?.setValue(text);
  };
}

function Field({ label, ...input }) {
  return (
    <label className="leora-field">
      <span>{label}</span>
      <input {...input} />
    </label>
  );
}

function DemoAccounts({ onChoose }) {
  if (!settings.demoAccounts.length) return null;
  return (
    <div className="leora-demo">
      <h2>Demo accounts</h2>
      {settings.demoAccounts.map((account) => (
        <button type="button" className="graphiql-un-styled" key={account.email} onClick={() => onChoose(account)}>
          {account.email} <small>{audiences[account.audience].title}</small>
        </button>
      ))}
    </div>
  );
}

function SignIn() {
  const [form, setForm] = useState(first);
  const [state, setState] = useState({});
  const setHeaders = useHeaders();
  const set = (name) => (event) => setForm({ ...form, [name]: event.target.value });
  const submit = async (event) => {
    event.preventDefault();
    setState({ busy: true });
    try {
      setHeaders(await signIn({ url: settings.url, ...form }), form.audience);
      setState({ done: `Signed in as ${form.email}: the Headers editor has the token.` });
    } catch (error) {
      setState({ failed: error.message });
    }
  };
  return (
    <form className="leora-sign-in" onSubmit={submit}>
      <div className="graphiql-doc-explorer-title">Sign in</div>
      <Field label="Tenant" name="tenant" required value={form.tenant} onChange={set('tenant')} />
      <label className="leora-field">
        <span>Audience</span>
        <select name="audience" value={form.audience} onChange={set('audience')}>
          {Object.entries(audiences).map(([key, { title }]) => <option key={key} value={key}>{title}</option>)}
        </select>
      </label>
      <Field label="E-mail" name="email" type="email" autoComplete="username" required value={form.email} onChange={set('email')} />
      <Field label="Password" name="password" type="password" autoComplete="current-password" required value={form.password} onChange={set('password')} />
      <button type="submit" className="graphiql-button" disabled={state.busy}>Sign in</button>
      <p role="status" className={state.failed ? 'leora-failed' : 'leora-done'}>{state.failed ?? state.done}</p>
      <DemoAccounts onChoose={(account) => setForm({ ...form, ...account })} />
    </form>
  );
}

function Icon() {
  return (
    <svg viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" strokeWidth="1.5">
      <circle cx="12" cy="8" r="4" />
      <path d="M4 21c0-4.4 3.6-7 8-7s8 2.6 8 7" />
    </svg>
  );
}

export const signInPlugin = { title: 'Sign in', icon: Icon, content: SignIn };
