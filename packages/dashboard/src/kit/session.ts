/** Who is signed in, and which account the pages are about. */
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { type Api, ask, helpers } from '../lib/ask.ts';

export type Me = Api['GET /me']['answer'];
export type Account = Me['accounts'][number];

export const ME = ['me'] as const;

export const useMe = () => useQuery({ queryKey: ME, queryFn: () => ask('GET /me'), staleTime: 30_000 });

/** False: mails to users wait in the operator's outbox, and no page may say that they were sent. */
export const useSendsMail = (): boolean => useMe().data?.sends_mail ?? false;

const ROLES = ['viewer', 'developer', 'admin', 'owner'] as const;

/** Whether a role includes another. The server decides; pages use it to offer only what is possible. */
export const hasRole = (account: Account, wanted: Account['role']): boolean =>
  ROLES.indexOf(account.role) >= ROLES.indexOf(wanted);

/** The account of the path, or the personal one if the path names none; undefined while it loads, null if it is not theirs. */
export function useAccount(): Account | null | undefined {
  const { data } = useMe();
  const { account } = useParams({ strict: false }) as { account?: string };
  if (data === undefined) return undefined;
  if (account === undefined) return data.accounts[0] ?? null;
  return data.accounts.find(({ id }) => String(id) === account) ?? null;
}

/**
 * The sign-in was ended on purpose. Not through the router: nothing of the user may stay in this page's memory, and no dialog
 * asks to sign in again.
 */
export function leave(): void {
  helpers.signInAgain = null;
  window.location.assign('/login');
}
