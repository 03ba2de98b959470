/** The pages that people get in by. They also serve those who come from somebody's application, so they are light. */
import '../lib/theme.css';
import './sign-in.css';
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { applyAccent } from '../lib/accent.ts';
import { applyScheme, followScheme, readScheme } from '../lib/color-scheme.ts';
import { brandOfPage, loadState, type State } from '../lib/state.ts';
import { providerFailure } from '../lib/words.ts';
import { takeFragment } from './go.ts';
import { Brand, Card } from './kit.tsx';
import { EmailLink, InvitationLink, NoTicket, ResetLink, SetupLink } from './Links.tsx';
import { LogIn } from './LogIn.tsx';
import { Forgot } from './Password.tsx';
import { Register } from './Register.tsx';
import { words } from './words.ts';

// All of it before the first paint: the theme, the colour and name of the place.
applyScheme(readScheme());
followScheme();
const brand = brandOfPage();
applyAccent(brand.accent);
const fragment = takeFragment();
// Another link to the page that is open already: the browser alone would not load it.
window.addEventListener('hashchange', () => window.location.reload());

/** A page that nobody who is signed in has to see. */
const isForStrangers = (path: string): boolean => path === '/login' || path === '/register';

function Page({ state }: { state: State }) {
  const path = window.location.pathname;
  if (path === '/login') return <LogIn state={state} failure={providerFailure(fragment ?? '')} />;
  if (path === '/register') return <Register state={state} />;
  if (path === '/forgot') return <Forgot state={state} />;
  const ticket = fragment;
  if (ticket === null) return <NoTicket state={state} />;
  switch (path) {
    case '/reset':
      return <ResetLink state={state} ticket={ticket} />;
    case '/setup':
      return <SetupLink state={state} ticket={ticket} />;
    case '/verify-email':
      return <EmailLink state={state} ticket={ticket} isNew={false} />;
    case '/new-email':
      return <EmailLink state={state} ticket={ticket} isNew />;
    case '/invitation':
      return <InvitationLink state={state} ticket={ticket} />;
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
    loadState().then(
      (loaded) => {
        if (loaded.signed_in && isForStrangers(window.location.pathname)) window.location.replace('/dashboard');
        else setState(loaded);
      },
      () => setFailed(true),
    );
  };
  useEffect(load, []);
  if (state !== null) return <Page state={state} />;
  if (!hasFailed) {
    return (
      <div className="page" aria-busy="true">
        <Brand brand={brand} />
      </div>
    );
  }
  return (
    <Card brand={brand} title={words.unreachableTitle}>
      <p>{words.unreachable}</p>
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
