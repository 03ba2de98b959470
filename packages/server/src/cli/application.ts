/** An application as the command line reads it from options and shows it. */
import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import type { Application, ApplicationSettings } from '../core/applications/application.ts';
import type { OpenedStore } from '../store/opened.ts';
import { readInput } from './confirm.ts';
import { refusal, sentencesOf, wrongUsage } from './failure.ts';
import { facts, isoTime, readableList, readableTime } from './output.ts';
import { collect, list, NONE, spanOrNever } from './values.ts';

/** What its owner decides; an option that is left out means the default, or no change. */
export interface SettingsOptions {
  readonly name?: string;
  readonly homePage?: string;
  readonly redirectUri?: readonly string[];
  readonly postLogoutRedirectUri?: readonly string[];
  readonly schemesWithoutDot?: boolean;
  readonly idTokenAlg?: ApplicationSettings['idTokenAlgorithm'];
  readonly permissions?: readonly string[];
  readonly optionalPermissions?: readonly string[];
  readonly ownPermissions?: readonly string[];
  readonly idle?: number | 'never';
  readonly absolute?: number | 'never';
  readonly jwks?: string;
}

/** The options that create and update have in common. */
export function addSettingsOptions(command: Command): Command {
  return command
    .option('--home-page <url>', 'the URL of its home page, or none')
    .option('--redirect-uri <uri>', 'a redirect URI; repeat the option for each (on an update, give all of them)', collect)
    .option('--post-logout-redirect-uri <uri>', 'a redirect URI for after sign-out; repeat the option for each', collect)
    .option(
      '--schemes-without-dot',
      'allow redirect URIs such as cursor://callback. Any program on the device can claim such a scheme and receive the code',
    )
    .option('--no-schemes-without-dot', 'allow only custom schemes with a dot, such as com.example.app:/callback')
    .addOption(
      new Option(
        '--id-token-alg <algorithm>',
        'the algorithm of its ID tokens (id_token_signed_response_alg); ES256 by default',
      ).choices(['ES256', 'RS256']),
    )
    .option(
      '--permissions <list>',
      'permissions that it may ask users for; any: all grantable permissions, none: sign-in only',
      list('--permissions'),
    )
    .option('--optional-permissions <list>', 'which of them users may decline, or none', list('--optional-permissions'))
    .option(
      '--own-permissions <list>',
      'machine-to-machine permissions in its own account (client credentials), or none',
      list('--own-permissions'),
    )
    .option('--idle <span>', 'a session ends after this time without use, such as 30d; never by default', spanOrNever('--idle'))
    .option(
      '--absolute <span>',
      'a session ends this long after the sign-in, such as 90d; never by default',
      spanOrNever('--absolute'),
    )
    .option('--jwks <file>', 'public keys (JWK Set) for authentication instead of a secret; - is standard input, or none');
}

export async function readSettings(options: SettingsOptions): Promise<Partial<ApplicationSettings>> {
  const { name, homePage, redirectUri, postLogoutRedirectUri, permissions, optionalPermissions, ownPermissions } = options;
  const { idle, absolute, jwks, schemesWithoutDot, idTokenAlg } = options;
  return {
    ...(name === undefined ? {} : { name }),
    ...(homePage === undefined ? {} : { homePage: homePage === NONE ? null : homePage }),
    ...(redirectUri === undefined ? {} : { redirectUris: orNone(redirectUri) }),
    ...(postLogoutRedirectUri === undefined ? {} : { postLogoutRedirectUris: orNone(postLogoutRedirectUri) }),
    ...(schemesWithoutDot === undefined ? {} : { allowsSchemesWithoutDot: schemesWithoutDot }),
    ...(idTokenAlg === undefined ? {} : { idTokenAlgorithm: idTokenAlg }),
    ...(permissions === undefined ? {} : { permissions: isOnly(permissions, 'any') ? null : orNone(permissions) }),
    ...(optionalPermissions === undefined ? {} : { optionalPermissions: orNone(optionalPermissions) }),
    ...(ownPermissions === undefined ? {} : { ownPermissions: orNone(ownPermissions) }),
    ...(idle === undefined ? {} : { idleSeconds: idle === 'never' ? null : idle }),
    ...(absolute === undefined ? {} : { absoluteSeconds: absolute === 'never' ? null : absolute }),
    ...(jwks === undefined ? {} : { jwks: jwks === NONE ? null : await readKeys(jwks) }),
  };
}

const isOnly = (items: readonly string[], word: string): boolean => items.length === 1 && items[0] === word;
const orNone = (items: readonly string[]): readonly string[] => (isOnly(items, NONE) ? [] : items);

async function readKeys(file: string): Promise<ApplicationSettings['jwks']> {
  const text = file === '-' ? await readInput() : await readFile(file, 'utf8');
  try {
    // Its content is judged with the other settings.
    return JSON.parse(text) as ApplicationSettings['jwks'];
  } catch {
    throw refusal('invalid', 'The file of keys is not JSON.');
  }
}

/** What can be judged without the database: a fault here is wrong usage. Which permissions exist is checked later. */
export async function refuseBadSettings(
  settings: Partial<ApplicationSettings>,
  kind: Application['kind'],
  isWhole: boolean,
): Promise<void> {
  const { checkApplication } = await import('../core/applications/application-wish.ts');
  const { DEFAULT_SETTINGS } = await import('../core/applications/application.ts');
  const given = new Set(Object.keys(isWhole ? DEFAULT_SETTINGS : settings));
  // Whether an optional permission is among those asked for depends on what is stored.
  if (!isWhole && (settings.permissions === undefined || settings.optionalPermissions === undefined)) {
    given.delete('optionalPermissions');
    given.delete('permissions');
  }
  const anything = { exists: () => true, isGrantable: () => true };
  // So does which schemes it may use.
  const defaults = { ...DEFAULT_SETTINGS, allowsSchemesWithoutDot: !isWhole, name: 'x' };
  const faults = checkApplication({ ...defaults, ...settings, kind }, anything, given);
  if (faults.length > 0) throw wrongUsage(sentencesOf(faults));
}

/** By client ID, or by its number. */
export async function getApplication({ applications }: Pick<OpenedStore, 'applications'>, name: string): Promise<Application> {
  const { isClientId } = await import('@keyhouse/protocol');
  const isNumber = /^[1-9]\d{0,14}$/.test(name);
  if (!isNumber && !isClientId(name)) throw wrongUsage('Name an application by its client ID, such as app_…');
  const [listed] = isNumber ? [] : await applications.listApplications({ clientId: name, limit: 1, nowMs: Date.now() });
  const found = isNumber ? await applications.findApplication(Number(name)) : (listed ?? null);
  if (found === null) throw refusal('not_found', 'The application does not exist.');
  return found;
}

/** For programs; never a secret, never a hash. */
export const describeApplication = (application: Application) => ({
  client_id: application.clientId,
  id: application.id,
  account: application.accountId,
  name: application.name,
  type: application.kind,
  home_page: application.homePage,
  redirect_uris: application.redirectUris,
  post_logout_redirect_uris: application.postLogoutRedirectUris,
  allows_schemes_without_dot: application.allowsSchemesWithoutDot,
  id_token_signed_response_alg: application.idTokenAlgorithm,
  permissions: application.permissions,
  optional_permissions: application.optionalPermissions,
  own_permissions: application.ownPermissions,
  idle_seconds: application.idleSeconds,
  absolute_seconds: application.absoluteSeconds,
  jwks: application.jwks,
  first_party: application.isFirstParty,
  verified_at: isoTime(application.verifiedAtMs),
  lost_badges: lostOf(application),
  secret_made_at: isoTime(application.secretMadeAtMs),
  previous_secret_ends_at: isoTime(application.previousSecretEndsAtMs),
  created_at: isoTime(application.createdAtMs),
  created_by: application.createdBy,
  updated_at: isoTime(application.updatedAtMs),
});

const lostOf = ({ lostBadges }: Application) =>
  lostBadges === null ? null : { badges: lostBadges.badges, changed: lostBadges.changed, at: isoTime(lostBadges.atMs) };

export const factsOfApplication = (application: Application): string =>
  facts([
    ['client ID', application.clientId],
    ['name', application.name],
    ['account', application.accountId],
    ['type', application.kind],
    ['home page', application.homePage ?? '-'],
    ['redirect URIs', readableList(application.redirectUris, '-') || '-'],
    ['schemes without a dot', application.allowsSchemesWithoutDot ? 'allowed' : 'refused'],
    ['ID tokens', application.idTokenAlgorithm],
    ['needs', readableList(application.permissions, 'any grantable permission') || 'sign-in only'],
    ['optional', readableList(application.optionalPermissions, '-') || '-'],
    ['by itself', readableList(application.ownPermissions, '-') || 'nothing'],
    ['sessions end', policyOf(application)],
    ['proves itself by', proofOf(application)],
    ['first-party', application.isFirstParty ? 'yes' : 'no'],
    ['verified', readableTime(application.verifiedAtMs, 'no')],
    ...(application.lostBadges === null
      ? []
      : [['changed since the operator checked it', readableList(application.lostBadges.changed, '-')] as const]),
    ['made', readableTime(application.createdAtMs)],
    ['created by', application.createdBy ?? '-'],
  ]);

function policyOf({ idleSeconds, absoluteSeconds }: Application): string {
  const parts = [
    ...(idleSeconds === null ? [] : [`${spanOf(idleSeconds)} after the last use`]),
    ...(absoluteSeconds === null ? [] : [`${spanOf(absoluteSeconds)} after the sign-in`]),
  ];
  return parts.length === 0 ? 'never automatically' : parts.join(', ');
}

const UNITS = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

/** In the largest unit in which it is a whole number. */
function spanOf(seconds: number): string {
  const [size, unit] = UNITS.find(([each]) => seconds % each === 0) ?? [1, 'second'];
  const count = seconds / size;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function proofOf({ kind, jwks, secretMadeAtMs }: Application): string {
  if (kind === 'public') return 'PKCE only';
  const parts = [...(secretMadeAtMs === null ? [] : ['its secret']), ...(jwks === null ? [] : ['its keys'])];
  return parts.length === 0 ? 'nothing yet: create a secret' : parts.join(' or ');
}
