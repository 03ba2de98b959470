/** What an application may be: every rule of its settings in one place. All faults are reported at once, by field. */
import { isPermission, isReserved, isWildcard, MAX_PERMISSIONS } from '@keyhouse/protocol';
import { DAY_MS, SECOND_MS } from '../lib/clock.ts';
import type { Fault } from '../lib/fault.ts';
import { findNameFault } from '../lib/name.ts';
import type { PermissionIndex } from '../permissions/permission-set.ts';
import { SIGNING_ALGORITHMS } from '../signing-keys/stored-key.ts';
import type { Application, ApplicationSettings } from './application.ts';
import { readClientKeys } from './client-keys.ts';
import { MAX_REDIRECT_URIS, MAX_URI_LENGTH, redirectUriFault, type SchemeRules } from './redirect-uri.ts';

export const MIN_SESSION_SECONDS = 60;
export const MAX_SESSION_SECONDS = (400 * DAY_MS) / SECOND_MS;

export type ApplicationFault = Fault<keyof ApplicationSettings | 'logo'>;

export type Catalogue = Pick<PermissionIndex, 'exists' | 'isGrantable'>;

type Settings = ApplicationSettings & Pick<Application, 'kind'>;

/** All faults of the fields in `changed`; an empty list if there are none. Fields that were not changed are not judged again. */
export function checkApplication(
  settings: Settings,
  catalogue: Catalogue,
  changed: ReadonlySet<string> = new Set(Object.keys(settings)),
): readonly ApplicationFault[] {
  const of = (field: ApplicationFault['field'], sentences: readonly string[]): readonly ApplicationFault[] =>
    changed.has(field) ? sentences.map((sentence) => ({ field, sentence })) : [];
  // This setting also decides about the URIs that are registered already.
  const ofUris = (field: ApplicationFault['field'], sentences: readonly string[]): readonly ApplicationFault[] =>
    changed.has('allowsSchemesWithoutDot') ? sentences.map((sentence) => ({ field, sentence })) : of(field, sentences);
  const { redirectUris, postLogoutRedirectUris, optionalPermissions } = settings;
  return [
    ...of('name', checkName(settings.name)),
    ...of('homePage', checkHomePage(settings.homePage)),
    ...ofUris('redirectUris', [...checkUris(redirectUris, settings), ...checkHasUri(settings)]),
    ...ofUris('postLogoutRedirectUris', checkUris(postLogoutRedirectUris, settings)),
    ...of('idTokenAlgorithm', SIGNING_ALGORITHMS.includes(settings.idTokenAlgorithm) ? [] : [ALGORITHM_FAULT]),
    ...of('permissions', checkAsked(settings.permissions, catalogue)),
    ...(changed.has('permissions') || changed.has('optionalPermissions')
      ? checkOptional(optionalPermissions, settings.permissions, catalogue).map((sentence) => ({
          field: 'optionalPermissions' as const,
          sentence,
        }))
      : []),
    ...of('ownPermissions', checkOwn(settings, catalogue)),
    ...of('idleSeconds', checkSeconds(settings.idleSeconds)),
    ...of('absoluteSeconds', checkSeconds(settings.absoluteSeconds)),
    ...of('jwks', checkKeys(settings)),
  ];
}

function checkName(name: string): readonly string[] {
  const fault = findNameFault(name);
  return fault === null ? [] : [fault];
}

function checkHomePage(homePage: string | null): readonly string[] {
  if (homePage === null) return [];
  const fault = ['The home page must be a URL such as https://app.example.com.'];
  if (homePage.length > MAX_URI_LENGTH || !/^https?:\/\/[!-~]+$/.test(homePage) || !URL.canParse(homePage)) return fault;
  const { protocol, username, password } = new URL(homePage);
  return /^https?:$/.test(protocol) && username === '' && password === '' ? [] : fault;
}

const ALGORITHM_FAULT = `ID tokens are signed with ${SIGNING_ALGORITHMS.join(' or ')}.`;

function checkUris(uris: readonly string[], rules: SchemeRules): readonly string[] {
  if (uris.length > MAX_REDIRECT_URIS) return [`There can be at most ${MAX_REDIRECT_URIS} of them.`];
  if (new Set(uris).size !== uris.length) return ['One of them is listed twice.'];
  return [...new Set(uris.map((uri) => redirectUriFault(uri, rules)).filter((fault) => fault !== null))];
}

/** A confidential application may have none: it then acts only by itself. */
const checkHasUri = ({ kind, redirectUris }: Settings): readonly string[] =>
  kind === 'public' && redirectUris.length === 0 ? ['Enter at least one redirect URI.'] : [];

/** Empty: it learns who the user is, and nothing more. */
function checkAsked(permissions: Settings['permissions'], catalogue: Catalogue): readonly string[] {
  return permissions === null ? [] : checkList(permissions, (name) => grantableFault(name, catalogue));
}

function checkOptional(
  optional: readonly string[],
  permissions: Settings['permissions'],
  catalogue: Catalogue,
): readonly string[] {
  return checkList(optional, (name) => {
    if (permissions === null) return grantableFault(name, catalogue);
    return permissions.includes(name) ? null : `${name} is optional, but it is not one of the requested permissions.`;
  });
}

function checkOwn({ kind, ownPermissions }: Settings, catalogue: Catalogue): readonly string[] {
  if (kind === 'public' && ownPermissions.length > 0)
    return ['A public application has no secret, so it cannot have machine-to-machine permissions.'];
  return checkList(ownPermissions, (name) => existsFault(name, catalogue));
}

function checkList(names: readonly string[], faultOf: (name: string) => string | null): readonly string[] {
  if (names.length > MAX_PERMISSIONS) return [`The list can have at most ${MAX_PERMISSIONS} permissions.`];
  if (new Set(names).size !== names.length) return ['A permission is listed twice.'];
  return names.map(faultOf).filter((fault) => fault !== null);
}

function existsFault(name: string, { exists }: Catalogue): string | null {
  if (isWildcard(name)) return 'Name each permission. Wildcards are not possible for applications.';
  if (isReserved(name)) return 'Applications cannot have permissions that begin with keyhouse.';
  if (!isPermission(name)) return 'A permission has the form invoices.read or invoices.write.';
  return exists(name) ? null : `The permission ${name} does not exist.`;
}

const grantableFault = (name: string, catalogue: Catalogue): string | null =>
  existsFault(name, catalogue) ??
  (catalogue.isGrantable(name) ? null : `Applications may not ask for ${name}, because it is not grantable.`);

function checkSeconds(seconds: number | null): readonly string[] {
  if (seconds === null) return [];
  const isFit = Number.isInteger(seconds) && seconds >= MIN_SESSION_SECONDS && seconds <= MAX_SESSION_SECONDS;
  return isFit ? [] : ['A limit must be between one minute and 400 days.'];
}

function checkKeys({ kind, jwks }: Settings): readonly string[] {
  if (jwks === null) return [];
  if (kind === 'public') return ['A public application cannot have a private key. Register a confidential one.'];
  const read = readClientKeys(jwks);
  return read.ok ? [] : [read.sentence ?? ''];
}
