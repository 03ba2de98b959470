/**
 * What an account does with its applications, and the operator with all of them: register, change, create a new secret, give a
 * badge, delete. Secrets are returned once and stored nowhere; only their hash is kept.
 */
import { randomBytes } from 'node:crypto';
import { makeClientId, makeClientSecret, no, type Outcome, ok } from '@keyhouse/protocol';
import { type By, type EventDraft, type EventFacts, type EventName, happened } from '../audit/event.ts';
import { readLogo } from '../branding/logo.ts';
import { MAX_OVERLAP_SECONDS } from '../credentials/rotate.ts';
import { hashSecret } from '../credentials/verify.ts';
import { CEILINGS } from '../lib/ceilings.ts';
import { type Clock, SECOND_MS } from '../lib/clock.ts';
import type { InactiveState } from '../users/account.ts';
import type { Application, ApplicationSettings, ApplicationsStore, Logo } from './application.ts';
import { type ApplicationFault, type Catalogue, checkApplication } from './application-wish.ts';
import { readClientKeys } from './client-keys.ts';

/** As for tokens and keys: two secrets never work at the same time for longer than a week. */
export const MAX_CLIENT_SECRET_OVERLAP_SECONDS = MAX_OVERLAP_SECONDS;
export const DEFAULT_CLIENT_SECRET_OVERLAP_SECONDS = MAX_CLIENT_SECRET_OVERLAP_SECONDS;

export interface ApplicationsPorts {
  readonly applications: ApplicationsStore;
  readonly clock: Clock;
  readonly catalogue: () => Catalogue;
}

export interface ApplicationWish {
  readonly accountId: number;
  readonly kind: Application['kind'];
  readonly settings: ApplicationSettings;
  /** Base64. */
  readonly logo?: string | null;
  /** Only the operator may set it. */
  readonly isFirstParty?: boolean;
  readonly isVerified?: boolean;
}

export interface ApplicationChange {
  readonly application: Application;
  readonly settings: Partial<ApplicationSettings>;
  /** Base64; null removes it; left out: unchanged. */
  readonly logo?: string | null | undefined;
}

/**
 * `changed`: it was changed after the operator looked. `not_operators`: only applications of the operator's account can be
 * first-party.
 */
export type Judged = Outcome<Application, 'gone' | 'changed' | 'not_operators'>;

type Invalid = { readonly ok: false; readonly reason: 'invalid'; readonly faults: readonly ApplicationFault[] };
type Made = { readonly application: Application; readonly secret: string | null };

/**
 * Registers one in an active account. A confidential one gets a secret, unless it authenticates with keys. `too_many`: the
 * account has as many as it may have. `not_operators`: it was to be first-party, and the account is not the operator's.
 */
export async function createApplication(
  { applications, clock, catalogue }: ApplicationsPorts,
  wish: ApplicationWish,
  by: By,
): Promise<Invalid | Outcome<Made, InactiveState | 'too_many' | 'not_operators'>> {
  const { accountId, kind, isFirstParty = false, isVerified = false } = wish;
  const logo = logoOf(wish.logo ?? null);
  const faults = [...checkApplication({ ...wish.settings, kind }, catalogue()), ...logo.faults];
  if (faults.length > 0) return { ...no('invalid'), faults };
  const settings = withPublicKeys(wish.settings);
  const secret = kind === 'confidential' && settings.jwks === null ? makeClientSecret(randomBytes) : null;
  const nowMs = clock.now();
  const application = {
    ...settings,
    accountId,
    kind,
    isFirstParty,
    verifiedAtMs: isVerified ? nowMs : null,
    clientId: makeClientId(randomBytes),
    secretHash: secret === null ? null : hashSecret(secret),
    createdAtMs: nowMs,
  };
  const made = await applications.createApplication({
    application,
    logo: logo.value ?? null,
    limit: CEILINGS.applicationsOfAccount,
    event: onApplication(by, nowMs, 'application.created', application, {
      kind,
      redirectUris: settings.redirectUris,
      permissions: settings.permissions,
      ownPermissions: settings.ownPermissions,
      ...(isFirstParty ? { isFirstParty } : {}),
      ...(isVerified ? { isVerified } : {}),
    }),
  });
  return typeof made === 'string' ? no(made) : ok({ application: made, secret });
}

/**
 * Changes what is given and leaves the rest. A change of what its badges vouch for takes them away, no matter who makes it.
 * `gone`: it was deleted.
 */
export async function updateApplication(
  { applications, clock, catalogue }: ApplicationsPorts,
  change: ApplicationChange,
  by: By,
): Promise<Invalid | Outcome<Application, 'gone'>> {
  const { application } = change;
  const logo = logoOf(change.logo);
  const changed = changesOf(application, change.settings);
  const faults = [
    ...checkApplication({ ...application, ...change.settings }, catalogue(), new Set(Object.keys(changed))),
    ...logo.faults,
  ];
  if (faults.length > 0) return { ...no('invalid'), faults };
  if (Object.keys(changed).length === 0 && logo.value === undefined) return ok(application);
  const nowMs = clock.now();
  const updated = await applications.updateApplication({
    id: application.id,
    settings: withPublicKeys(changed),
    ...(logo.value === undefined ? {} : { logo: logo.value }),
    nowMs,
    event: onApplication(
      by,
      nowMs,
      'application.updated',
      { ...application, ...changed },
      {
        changed: [...Object.keys(changed), ...(logo.value === undefined ? [] : ['logo'])],
        ...listsOf(changed),
      },
    ),
  });
  return updated === null ? no('gone') : ok(updated);
}

/**
 * A new secret for a confidential application, or its first. The previous one works for `overlapSeconds` (0 to
 * MAX_CLIENT_SECRET_OVERLAP_SECONDS), the one before that ends at once. `gone`: it is public, or was deleted.
 */
export async function rotateClientSecret(
  { applications, clock }: ApplicationsPorts,
  { application, overlapSeconds }: { application: Application; overlapSeconds: number },
  by: By,
): Promise<Outcome<Made, 'gone'>> {
  const secret = makeClientSecret(randomBytes);
  const nowMs = clock.now();
  const rotated = await applications.rotateClientSecret({
    id: application.id,
    newHash: hashSecret(secret),
    overlapEndsAtMs: overlapSeconds === 0 ? null : nowMs + overlapSeconds * SECOND_MS,
    nowMs,
    event: onApplication(by, nowMs, 'application.secret_rotated', application, { overlapSeconds }),
  });
  return rotated === null ? no('gone') : ok({ application: rotated, secret });
}

/** Ends the previous secret now. False if it does not exist or has expired. */
export function endClientSecretOverlap(
  { applications, clock }: ApplicationsPorts,
  application: Application,
  by: By,
): Promise<boolean> {
  const nowMs = clock.now();
  const event = onApplication(by, nowMs, 'application.secret_overlap_ended', application);
  return applications.endClientSecretOverlap({ id: application.id, nowMs, event });
}

/** Gives or takes *verified*. `seenMs`: `updatedAtMs` of what the operator has looked at; left out: not compared. */
export async function verifyApplication(
  { applications, clock }: ApplicationsPorts,
  application: Application,
  isVerified: boolean,
  by: By,
  seenMs?: number,
): Promise<Judged> {
  const nowMs = clock.now();
  const event = onApplication(by, nowMs, isVerified ? 'application.verified' : 'application.unverified', application);
  const seen = seenMs === undefined ? {} : { seenMs };
  return judgedOf(await applications.judgeApplication({ id: application.id, isVerified, ...seen, nowMs, event }));
}

/** Gives or takes *first-party*: users are not asked for consent. `seenMs` as above. */
export async function setFirstParty(
  { applications, clock }: ApplicationsPorts,
  application: Application,
  isFirstParty: boolean,
  by: By,
  seenMs?: number,
): Promise<Judged> {
  const nowMs = clock.now();
  const event = onApplication(by, nowMs, 'application.first_party_set', application, { isFirstParty });
  const seen = seenMs === undefined ? {} : { seenMs };
  return judgedOf(await applications.judgeApplication({ id: application.id, isFirstParty, ...seen, nowMs, event }));
}

/** Ends it, its grants, its sessions and their JWTs at once. False if it does not exist any more. */
export function deleteApplication(
  { applications, clock }: ApplicationsPorts,
  application: Application,
  by: By,
): Promise<boolean> {
  const nowMs = clock.now();
  const event = onApplication(by, nowMs, 'application.deleted', application);
  return applications.deleteApplication({ id: application.id, nowMs, event });
}

const onApplication = (
  by: By,
  atMs: number,
  event: EventName,
  { accountId, clientId, name }: Pick<Application, 'accountId' | 'clientId' | 'name'>,
  details: EventFacts['details'] = {},
): EventDraft => happened(by, atMs, event, { accountId, details: { application: name, client_id: clientId, ...details } });

const judgedOf = (judged: Awaited<ReturnType<ApplicationsStore['judgeApplication']>>): Judged =>
  judged === null ? no('gone') : typeof judged === 'string' ? no(judged) : ok(judged);

/**
 * The fields that really change: an unchanged permission that has left the catalogue in the meantime does not prevent saving the
 * rest.
 */
function changesOf(before: Application, settings: Partial<ApplicationSettings>): Partial<ApplicationSettings> {
  const entries = Object.entries(settings) as [keyof ApplicationSettings, unknown][];
  return Object.fromEntries(
    entries.filter(([name, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(before[name])),
  );
}

/** Checked before: only public members are kept. */
function withPublicKeys<Settings extends Partial<ApplicationSettings>>(settings: Settings): Settings {
  if (settings.jwks === undefined || settings.jwks === null) return settings;
  const read = readClientKeys(settings.jwks);
  return read.ok ? { ...settings, jwks: read.value } : settings;
}

function logoOf(base64: string | null | undefined): { value?: Logo | null; faults: readonly ApplicationFault[] } {
  if (base64 === undefined) return { faults: [] };
  if (base64 === null) return { value: null, faults: [] };
  const read = readLogo(base64);
  return typeof read === 'string' ? { faults: [{ field: 'logo', sentence: read }] } : { value: read, faults: [] };
}

/** What widens or narrows access is recorded in full. */
function listsOf({ redirectUris, permissions, ownPermissions }: Partial<ApplicationSettings>) {
  return {
    ...(redirectUris === undefined ? {} : { redirectUris }),
    ...(permissions === undefined ? {} : { permissions }),
    ...(ownPermissions === undefined ? {} : { ownPermissions }),
  };
}
