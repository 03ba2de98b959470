/** A page without a back end, as the documents of oidc-client-ts show one. What it knows stands in the page, for the test to read. */
import { UserManager, WebStorageStateStore } from 'oidc-client-ts';

const { issuer, clientId } = await (await fetch('/settings.json')).json();
const manager = new UserManager({
  authority: issuer,
  client_id: clientId,
  redirect_uri: `${location.origin}/callback`,
  post_logout_redirect_uri: `${location.origin}/`,
  scope: 'openid profile email invoices.read',
  loadUserInfo: true,
  automaticSilentRenew: false,
  userStore: new WebStorageStateStore({ store: sessionStorage }),
});

function show(status, user = null) {
  document.querySelector('[role=status]').textContent = status;
  const known = user && {
    profile: user.profile,
    scope: user.scope,
    accessToken: user.access_token,
    refreshToken: user.refresh_token,
  };
  document.querySelector('pre').textContent = JSON.stringify(known);
}

async function run(work) {
  try {
    await work();
  } catch (error) {
    show(`${error.name}: ${error.error ?? error.message}`);
  }
}

const on = (id, work) => document.getElementById(id).addEventListener('click', () => run(work));
on('sign-in', () => manager.signinRedirect());
on('refresh', async () => show('refreshed', await manager.signinSilent()));
on('revoke', async () => {
  await manager.revokeTokens(['refresh_token']);
  show('revoked', await manager.getUser());
});
on('sign-out', () => manager.signoutRedirect());

await run(async () => {
  if (location.pathname === '/callback') {
    const user = await manager.signinRedirectCallback();
    history.replaceState(null, '', '/');
    return show('signed in', user);
  }
  const user = await manager.getUser();
  show(user === null ? 'nobody is signed in' : 'signed in', user);
});
