/** The pages that people get in by. They also serve those who come from somebody's application, so they are light. */
import '../lib/theme.css';
import './sign-in.css';
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { applyScheme, readScheme } from '../lib/color-scheme.ts';
import { loadState, type State } from '../lib/state.ts';
import { takeTicket } from './go.ts';
import { Card, Notice } from './kit.tsx';
import { EmailLink, InvitationLink, ResetLink, SetupLink } from './Links.tsx';
import { LogIn } from './LogIn.tsx';
import { Forgot } from './Password.tsx';
import { Register } from './Register.tsx';
import { words } from './words.ts';

applyScheme(readScheme());

const path = window.location.pathname;
const ticket = takeTicket(path);

function Page({ state }: { state: State }) {
  const link = { state, path, ticket };
  switch (path) {
    case '/login':
      return <LogIn state={state} />;
    case '/register':
      return <Register state={state} />;
    case '/forgot':
      return <Forgot state={state} />;
    case '/reset':
      return <ResetLink {...link} />;
    case '/setup':
      return <SetupLink {...link} />;
    case '/verify-email':
    case '/new-email':
      return <EmailLink {...link} />;
    case '/invitation':
      return <InvitationLink {...link} />;
    default:
      return (
        <Card brand={state.brand} title={words.unknownPage}>
          <a className="button" href="/dashboard">
            {words.toDashboard}
          </a>
        </Card>
      );
  }
}

function Entry() {
  const [state, setState] = useState<State | null>(null);
  const [hasFailed, setFailed] = useState(false);
  const load = () => {
    setFailed(false);
    loadState().then(setState, () => setFailed(true));
  };
  useEffect(load, []);
  if (state !== null) return <Page state={state} />;
  if (!hasFailed) return <div className="page" />;
  return (
    <Card brand={{ name: 'Keyhouse', accent: '#3451b2', logo_url: null }} title={words.unavailable}>
      <Notice bad>{words.offline}</Notice>
      <button type="button" className="button" onClick={load}>
        {words.retry}
      </button>
    </Card>
  );
}

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no root.');
createRoot(root).render(
  <StrictMode>
    <Entry />
  </StrictMode>,
);
