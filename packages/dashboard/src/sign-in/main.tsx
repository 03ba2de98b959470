/** The sign-in pages. They also serve users who come from an application, so they are small. */
import '../lib/theme.css';
import './sign-in.css';
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { applyAccent } from '../lib/accent.ts';
import { applyScheme, followScheme, readScheme } from '../lib/color-scheme.ts';
import { brandOfPage, forgetState, loadState, type State } from '../lib/state.ts';
import { providerFailure } from '../lib/words.ts';
import { Consent, RequestOver } from './Consent.tsx';
import { resume, takeFragment, waiting } from './go.ts';
import { keptCookie } from './kept-cookie.ts';
import { Brand, Card } from './kit.tsx';
import { EmailLink, InvitationLink, NoTicket, ResetLink, SetupLink } from './Links.tsx';
import { LogIn } from './LogIn.tsx';
import { LoggedOut, LogOut } from './LogOut.tsx';
import { Forgot } from './Password.tsx';
import { Problem, problemOfPage } from './Problem.tsx';
import { Register } from './Register.tsx';
import { words } from './words.ts';

// All of it before the first paint: the theme, the operator's colour and name.
applyScheme(readScheme());
followScheme();
const brand = brandOfPage();
applyAccent(brand.accent);
const fragment = takeFragment();
// Another link to the page that is open already: the browser alone would not load it.
window.addEventListener('hashchange', () => window.location.reload());

const problem = problemOfPage();
const { request } = waiting();
const path = window.location.pathname;
/** A page that a signed-in user does not need, unless an application wants a new proof, or a second step waits. */
const isForStrangers = path === '/login' || path === '/register';
const mustNotStay = ({ signed_in: isIn, step }: State): boolean => isForStrangers && isIn && request === null && step === null;

/** The pages that need to know nothing before they ask; null: it is none of them. */
function plainPage() {
  if (problem !== null) return <Problem brand={brand} problem={problem} />;
  if (path === '/logged-out') return <LoggedOut brand={brand} />;
  if (path !== '/consent' && path !== '/logout') return null;
  if (request === null) return <RequestOver brand={brand} />;
  return path === '/consent' ? <Consent brand={brand} request={request} /> : <LogOut brand={brand} request={request} />;
}

function Page({ state }: { state: State }) {
  if (path === '/login') {
    const notice = state.signed_in ? { notice: words.proveAgain } : {};
    return <LogIn state={state} failure={failureOf(state)} {...notice} />;
  }
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

/** Why signing in with another provider failed; null: no provider was used, or it succeeded. */
function failureOf(state: State): string | null {
  return fragment === 'trip' && !keptCookie(state) ? words.noCookies : providerFailure(fragment ?? '');
}

function Entry() {
  const [state, setState] = useState<State | null>(null);
  const [hasFailed, setFailed] = useState(false);
  const load = () => {
    setFailed(false);
    loadState().then(
      (loaded) => {
        if (mustNotStay(loaded)) window.location.replace('/dashboard');
        else setState(loaded);
      },
      () => setFailed(true),
    );
  };
  useEffect(load, []);
  useOtherWindows(state);
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

/** A user who signed in in another window in the meantime has nothing left to do on this one. */
function useOtherWindows(state: State | null): void {
  const isWaiting = isForStrangers && state !== null && !state.signed_in;
  useEffect(() => {
    if (!isWaiting) return;
    const onVisible = (): void => {
      if (document.visibilityState !== 'visible') return;
      forgetState();
      loadState().then(
        ({ signed_in: isIn }) => {
          if (!isIn) return;
          if (request === null) window.location.replace('/dashboard');
          else resume(request);
        },
        () => undefined,
      );
    };
    document.addEventListener('visibilitychange', onVisible);
    return () => document.removeEventListener('visibilitychange', onVisible);
  }, [isWaiting]);
}

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no root.');
createRoot(root).render(<StrictMode>{plainPage() ?? <Entry />}</StrictMode>);
