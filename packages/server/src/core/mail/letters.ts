/** What each mail says. The words are only here, ready for translation. */
import type { Letter } from './letter.ts';
import { oneLine, plain } from './letter.ts';

/** When, from where and with what something was done. */
export interface Circumstances {
  readonly atMs: number;
  readonly address: string | null;
  /** `Firefox on Windows`, or the user agent as it was sent. */
  readonly device: string | null;
}

export interface CredentialFacts extends Circumstances {
  readonly kind: 'token' | 'key';
  readonly name: string;
  readonly accountId: number;
  /** The team or the operator that owns the key; null: it is the user's own. */
  readonly account: string | null;
  readonly doneBy: string | null;
}

export interface ConnectedFacts extends Circumstances {
  readonly application: string;
  /** The account that registered it; null: it is the operator's own. */
  readonly owner: string | null;
  /** The account that it was connected to. */
  readonly account: string;
  readonly permissions: readonly string[];
  /** It was connected before, and was granted more. */
  readonly isWidened: boolean;
}

export interface Reminder {
  readonly why: 'expires' | 'old' | 'unused';
  readonly kind: 'token' | 'key';
  readonly name: string;
  readonly account: string | null;
  /** When it expires, when its secret was created, or when it was used last. */
  readonly atMs: number;
}

/** What a new password, or a first verification of the address, ended; credentials and applications by name. */
export interface Ended {
  /** API keys of the personal account; only at the first verification of the address. */
  readonly keys: readonly string[];
  /** All of them at the first verification of the address, else those that came from a log-in or a registration. */
  readonly tokens: readonly string[];
  /** Of the personal account; only at the first verification. */
  readonly applications: readonly string[];
  /** Of applications, which the user granted. */
  readonly sessions: number;
  /** Only at the first verification. */
  readonly passkeys: number;
  readonly totp: boolean;
  /** The link, or another provider, verified the address for the first time, so what was created before ended too. */
  readonly isFirstProof: boolean;
}

/** The facts that each kind needs. Every link is complete; a ticket in it is after the `#`. */
export interface Facts {
  readonly 'verify-email': { readonly link: string };
  readonly 'new-email': { readonly link: string };
  readonly 'email-changed': Circumstances & { readonly email: string; readonly done: boolean };
  readonly 'reset-password': { readonly link: string };
  readonly 'password-changed': Circumstances & { readonly ended?: Ended };
  readonly 'new-sign-in': Circumstances;
  readonly 'factor-changed': Circumstances & {
    readonly what:
      | 'passkey-added'
      | 'passkey-removed'
      | 'totp-on'
      | 'totp-off'
      | 'two-step-on'
      | 'two-step-off'
      | 'recovery-codes'
      | 'identity-linked'
      | 'identity-unlinked'
      | 'reset';
    readonly name?: string;
    /** If signing in with another provider verified the address for the first time. */
    readonly ended?: Ended;
  };
  readonly 'credential-made': CredentialFacts;
  readonly 'credential-rotated': CredentialFacts;
  readonly 'narrowing-undone': CredentialFacts;
  readonly invitation: {
    readonly link: string;
    readonly team: string | null;
    readonly role: string;
    readonly invitedBy: string;
    readonly endsAtMs: number;
  };
  /** `more`: how many there are in addition to those that are listed. */
  readonly reminder: { readonly reminders: readonly Reminder[]; readonly more: number; readonly nowMs: number };
  /** `account`: the name of the team; null: one's own account. */
  readonly 'account-suspended': Circumstances & { readonly account: string | null; readonly reason: string | null };
  readonly 'account-resumed': Circumstances & { readonly account: string | null };
  readonly 'account-deleted': Circumstances & { readonly account: string };
  readonly 'user-deleted': Circumstances;
  readonly 'session-reuse': Circumstances & { readonly application: string };
  readonly 'application-connected': ConnectedFacts;
  readonly test: Record<never, never>;
}

interface Sender {
  readonly brand: string;
  /** The public origin. */
  readonly url: string;
}

type Letters = { readonly [Kind in keyof Facts]: (facts: Facts[Kind], sender: Sender) => Letter };

const NOT_YOU = 'Wasn’t it you? Change your password and sign out everywhere else:';

export const letters: Letters = {
  'verify-email': ({ link }, { brand }) => ({
    subject: `Verify your email address for ${brand}`,
    says: ['Follow this link to verify your email address. It works for three days, and asks you to sign in.'],
    action: { label: 'Verify email address', link },
    otherwise: { says: 'If you didn’t register, you can ignore this email. Without the link the address stays unverified.' },
  }),
  'new-email': ({ link }, { brand }) => ({
    subject: `Confirm your new email address for ${brand}`,
    says: ['A user asked to change their email address to this one. Follow this link to confirm. It works for one day.'],
    action: { label: 'Confirm email address', link },
    otherwise: { says: 'If you didn’t ask for this, you can ignore this email. Nothing changes without the link.' },
  }),
  'email-changed': ({ email, done, ...facts }, { brand, url }) => ({
    subject: done ? `Your email address for ${brand} was changed` : `Email change requested at ${brand}`,
    says: [
      done
        ? `Your email address is now ${oneLine(email)}.`
        : `It changes to ${oneLine(email)} once the link that we sent there is followed.`,
    ],
    facts: circumstances(facts),
    otherwise: { says: NOT_YOU, link: `${url}/dashboard/settings/security` },
  }),
  'reset-password': ({ link }, { brand }) => ({
    subject: `Set a new password for ${brand}`,
    says: ['Follow this link to set a new password. It works once, within an hour.'],
    action: { label: 'Set a new password', link },
    otherwise: { says: 'If you didn’t ask for this, you can ignore this email. Your password stays the same.' },
  }),
  'password-changed': (facts, { brand, url }) => ({
    subject: `Your password for ${brand} was changed`,
    says: [
      'All other browsers were signed out, and tokens that came from signing in with the previous password were revoked.',
      ...whatEnded(facts.ended),
    ],
    facts: circumstances(facts),
    otherwise: { says: 'Didn’t do this? Set a new password now:', link: `${url}/forgot` },
  }),
  'new-sign-in': (facts, { brand, url }) => ({
    subject: `New sign-in to ${brand}`,
    says: ['Someone signed in to your account with a browser that we haven’t seen before.'],
    facts: circumstances(facts),
    otherwise: { says: NOT_YOU, link: `${url}/dashboard/settings/security` },
  }),
  'factor-changed': ({ what, name, ended, ...facts }, { brand, url }) => ({
    subject: `The security of your ${brand} account was changed`,
    says: [
      FACTOR_SENTENCES[what](name === undefined ? '' : ` “${plain(name)}”`),
      ...(ended === undefined ? [] : ['A password that was set before no longer works, and all earlier sign-ins have ended.']),
      ...whatEnded(ended, name === undefined ? undefined : `Signing in with “${plain(name)}”`),
    ],
    facts: circumstances(facts),
    otherwise: { says: NOT_YOU, link: `${url}/dashboard/settings/security` },
  }),
  'credential-made': (facts, { brand, url }) => ({
    subject: facts.kind === 'key' ? `API key created at ${brand}` : `Token created at ${brand}`,
    says: [`${nounOf(facts)} was created. Its secret was shown once and isn’t in this email.`],
    facts: [['Created by', facts.doneBy === null ? null : plain(facts.doneBy)], ...circumstances(facts)],
    otherwise: { says: 'Didn’t do this? Revoke it:', link: linkToList(facts, url) },
  }),
  'credential-rotated': (facts, { brand, url }) => ({
    subject: facts.kind === 'key' ? `API key rotated at ${brand}` : `Token rotated at ${brand}`,
    says: [
      `${nounOf(facts)} has a new secret. The previous secret may keep working for a while; the dashboard shows for how long.`,
    ],
    facts: [['Rotated by', facts.doneBy === null ? null : plain(facts.doneBy)], ...circumstances(facts)],
    otherwise: { says: 'Didn’t do this? Revoke it:', link: linkToList(facts, url) },
  }),
  'narrowing-undone': (facts, { brand, url }) => ({
    subject:
      facts.kind === 'key'
        ? `Permissions of an API key were restored at ${brand}`
        : `Permissions of a token were restored at ${brand}`,
    says: [
      `${nounOf(facts)} has the permissions again that it had before they were last reduced. JWTs that were revoked then stay revoked.`,
    ],
    facts: [['Undone by', facts.doneBy === null ? null : plain(facts.doneBy)], ...circumstances(facts)],
    otherwise: { says: 'Didn’t do this? Revoke it:', link: linkToList(facts, url) },
  }),
  invitation: ({ link, team, role, invitedBy, endsAtMs }, { brand }) => ({
    subject: team === null ? `You’re invited to ${brand}` : `You’re invited to the team ${plain(team)} at ${brand}`,
    says: [
      team === null
        ? `${plain(invitedBy)} invited you to register.`
        : `${plain(invitedBy)} invited you to join the team “${plain(team)}” as ${role === 'viewer' || role === 'developer' ? 'a' : 'an'} ${role}.`,
      `The link works until ${when(endsAtMs)}, for this address only.`,
    ],
    action: { label: 'View invitation', link },
    otherwise: { says: 'If you weren’t expecting this, you can ignore it.' },
  }),
  reminder: ({ reminders, more, nowMs }, { brand, url }) => ({
    subject:
      reminders.length + more === 1
        ? `${subjectOf(reminders[0], nowMs)} (${brand})`
        : `${reminders.length + more} reminders about your credentials (${brand})`,
    says: [
      ...reminders.map((reminder) => sentenceOf(reminder, nowMs)),
      ...(more === 0 ? [] : [`And ${more} more. The dashboard lists all of them.`]),
    ],
    action: { label: 'Open the dashboard', link: `${url}/dashboard` },
    otherwise: { says: 'Rotate old secrets, replace what expires, and revoke what isn’t used. You get each reminder once.' },
  }),
  'account-suspended': ({ account, reason, atMs }, { brand, url }) => ({
    subject: `${subjectOfAccount(account)} was suspended at ${brand}`,
    says: [
      `${nounOfAccount(account)} was suspended. Until it is resumed, its keys, tokens, applications and sessions are rejected. Nothing is deleted.`,
      ...(reason === null ? [] : [`The reason: ${oneLine(reason)}`]),
    ],
    facts: [['When', when(atMs)]],
    action: { label: 'Open the dashboard', link: `${url}/dashboard` },
  }),
  'account-resumed': ({ account, atMs }, { brand, url }) => ({
    subject: `${subjectOfAccount(account)} was resumed at ${brand}`,
    says: [`${nounOfAccount(account)} is active again, and so is everything in it that was not revoked and has not expired.`],
    facts: [['When', when(atMs)]],
    action: { label: 'Open the dashboard', link: `${url}/dashboard` },
  }),
  'account-deleted': ({ account, atMs }, { brand }) => ({
    subject: `The team ${plain(account)} was deleted at ${brand}`,
    says: [`The team “${plain(account)}” was deleted by the operator, with its keys, applications and their sessions.`],
    facts: [['When', when(atMs)]],
  }),
  'user-deleted': (facts, { brand }) => ({
    subject: `Your ${brand} account was deleted`,
    says: ['Your account, its tokens and keys, and your personal data were deleted.'],
    facts: circumstances(facts),
  }),
  'session-reuse': ({ application, ...facts }, { brand, url }) => ({
    subject: `A session was ended at ${brand}`,
    says: [
      `An old refresh token of “${plain(application)}” was used again. It may have been copied, so we ended the session. Sign in to the application again.`,
    ],
    facts: circumstances(facts),
    otherwise: { says: NOT_YOU, link: `${url}/dashboard/settings/security` },
  }),
  'application-connected': ({ application, owner, account, permissions, isWidened, ...facts }, { brand, url }) => ({
    subject: isWidened ? `An application was given more access at ${brand}` : `An application was connected at ${brand}`,
    says: [
      `“${plain(application)}”, ${owner === null ? `an application of ${brand} itself` : `registered by “${plain(owner)}”`}, ${isWidened ? 'was given more access to' : 'was connected to'} “${plain(account)}”.`,
      permissions.length === 0 ? 'It can see who you are, and nothing else.' : `It has access until you disconnect it.`,
    ],
    facts: [['Permissions', permissions.length === 0 ? null : permissionList(permissions)], ...circumstances(facts)],
    otherwise: {
      says: 'Didn’t do this? Disconnect it, change your password and sign out everywhere else:',
      link: `${url}/dashboard/settings/applications`,
    },
  }),
  test: (_facts, { brand }) => ({
    subject: `A test from ${brand}`,
    says: ['This server can send mail.'],
  }),
};

/** A mail lists this many of each kind by name, and counts the rest. */
const MAX_NAMED = 20;

/** `proof`: what verified the address, as the beginning of a sentence. */
function whatEnded(ended: Ended | undefined, proof = 'The link'): readonly string[] {
  if (ended === undefined) return [];
  const { keys, tokens, applications, sessions, passkeys, totp, isFirstProof } = ended;
  const lines = [
    ...named('API keys', keys),
    ...named('Tokens', tokens),
    ...named('Applications', applications),
    ...(sessions === 0 ? [] : [`Sessions of applications: ${sessions}.`]),
    ...(passkeys === 0 ? [] : [`Passkeys: ${passkeys}.`]),
    ...(totp ? ['The authenticator app, and two-step verification with it.'] : []),
  ];
  if (lines.length === 0) return [];
  const why = isFirstProof
    ? `${proof} was the first proof that this address is yours. The person who registered may not have been its owner, so what was created before has ended:`
    : 'This has ended:';
  return [why, ...lines];
}

function named(title: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const listed = names.slice(0, MAX_NAMED).map((name) => `“${plain(name)}”`);
  const more = names.length - listed.length;
  return [`${title} (${names.length}): ${listed.join(', ')}${more === 0 ? '' : `, and ${more} more`}.`];
}

const FACTOR_SENTENCES = {
  'passkey-added': (name: string) => `The passkey${name} was added.`,
  'passkey-removed': (name: string) => `The passkey${name} was removed.`,
  'totp-on': () =>
    'An authenticator app was added. Two-step verification is on: after your password you are asked for a second factor.',
  'totp-off': () => 'The authenticator app was removed.',
  'two-step-on': () => 'Two-step verification is on: after your password you are asked for a passkey or a recovery code.',
  'two-step-off': () =>
    'Two-step verification is off: your password is enough to sign in. The recovery codes are deleted. Passkeys that you still have are a way to sign in.',
  'recovery-codes': () => 'New recovery codes were created; the previous ones no longer work.',
  'identity-linked': (name: string) => `Signing in with${name} was linked.`,
  'identity-unlinked': (name: string) => `Signing in with${name} was unlinked.`,
  reset: () =>
    'The operator turned two-step verification off, removed your passkeys, authenticator app and recovery codes, and ended your sign-ins.',
} as const;

/** UTC, for everyone: a mail does not know its reader's time zone. */
const when = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
const day = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

const circumstances = ({ atMs, address, device }: Circumstances): [string, string | null][] => [
  ['When', when(atMs)],
  ['From', address],
  ['With', device === null ? null : plain(device)],
];

const MAX_LISTED = 20;
const permissionList = (names: readonly string[]): string =>
  [...names.slice(0, MAX_LISTED), ...(names.length > MAX_LISTED ? [`${names.length - MAX_LISTED} more`] : [])].join(', ');

const nounOf = ({ kind, name, account }: Pick<CredentialFacts, 'kind' | 'name' | 'account'>): string =>
  `The ${kind === 'key' ? 'API key' : 'token'} “${plain(name)}”${account === null ? '' : ` of ${plain(account)}`}`;

const subjectOfAccount = (account: string | null): string => (account === null ? 'Your account' : `The team ${plain(account)}`);
const nounOfAccount = (account: string | null): string => (account === null ? 'Your account' : `The team “${plain(account)}”`);

const linkToList = ({ kind, accountId }: CredentialFacts, url: string): string =>
  kind === 'token' ? `${url}/dashboard/settings/developers` : `${url}/dashboard/accounts/${accountId}/keys`;

const daysUntil = (atMs: number, nowMs: number): number => Math.max(0, Math.ceil((atMs - nowMs) / 86_400_000));

function subjectOf(reminder: Reminder | undefined, nowMs: number): string {
  if (reminder === undefined) throw new Error('A reminder has to be of something.');
  const noun = `${reminder.kind === 'key' ? 'API key' : 'Token'} “${plain(reminder.name)}”`;
  if (reminder.why === 'expires')
    return `${noun} expires in ${daysUntil(reminder.atMs, nowMs)} days`.replace(/ 1 days$/, ' 1 day');
  return reminder.why === 'old' ? `${noun} has an old secret` : `${noun} is not used`;
}

function sentenceOf(reminder: Reminder, nowMs: number): string {
  const noun = nounOf(reminder);
  if (reminder.why === 'expires') {
    const days = daysUntil(reminder.atMs, nowMs);
    return `${noun} expires in ${days} ${days === 1 ? 'day' : 'days'}, on ${when(reminder.atMs)}.`;
  }
  if (reminder.why === 'old') return `${noun} has had the same secret since ${day(reminder.atMs)}.`;
  return `${noun} has not been used since ${day(reminder.atMs)}.`;
}
