/** Where the server sends us: a path of its own, and nothing else. */
const OWN_PATH = /^\/[A-Za-z0-9][A-Za-z0-9/_-]*$/;

export function goTo(path: string): void {
  window.location.assign(OWN_PATH.test(path) ? path : '/dashboard');
}

const KEPT = 'keyhouse-ticket';

/**
 * The secret of a link stands behind its `#`. It is read once and taken out of the address bar; across a log-in it waits in this tab's storage, for
 * the page that it belongs to.
 */
export function takeTicket(path: string): string | null {
  const ticket = window.location.hash.slice(1);
  if (ticket !== '') {
    window.history.replaceState(null, '', path);
    return ticket;
  }
  try {
    const [page, kept] = (sessionStorage.getItem(KEPT) ?? '').split(' ');
    sessionStorage.removeItem(KEPT);
    return page === path && kept !== undefined ? kept : null;
  } catch {
    return null;
  }
}

/** Before somebody logs in or registers, and comes back. */
export function keepTicket(path: string, ticket: string): void {
  try {
    sessionStorage.setItem(KEPT, `${path} ${ticket}`);
  } catch {
    // Then the link has to be followed once more.
  }
}

/** The page that a kept ticket waits for, so that a log-in leads back to it. */
export function waitingPage(): string | null {
  try {
    return (sessionStorage.getItem(KEPT) ?? '').split(' ')[0] || null;
  } catch {
    return null;
  }
}
