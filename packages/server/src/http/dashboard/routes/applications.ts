/** Applications: those of the account in the path, in which the door has found the required role. */

import {
  type Application,
  type ApplicationSettings,
  DEFAULT_SETTINGS,
  type ListedApplication,
} from '../../../core/applications/application.ts';
import type { ApplicationFault } from '../../../core/applications/application-wish.ts';
import type { Vouched } from '../../../core/applications/badge.ts';
import { Refusal } from '../../../core/refusal.ts';
import { includesRole } from '../../../core/teams/member.ts';
import { type InactiveState, isInactive } from '../../../core/users/account.ts';
import { invalid, refuseFaults } from '../../faults.ts';
import { toOptionalTimestamp, toTimestamp } from '../../schemas.ts';
import type { Api } from '../api/index.ts';
import { creatorsOf } from '../creators.ts';
import { logoUrlOf } from '../logo.ts';
import { cutPage, readPage } from '../page.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { readId } from './refuse.ts';

const MAX_SESSIONS = 100;

type Detail = Api['PATCH /accounts/:account/applications/:id']['answer'];
type Row = Api['GET /accounts/:account/applications']['answer']['applications'][number];
type Body = Api['PATCH /accounts/:account/applications/:id']['body'];

export function applicationsRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  const find = async (accountId: number, id: string): Promise<Application> => {
    const found = await keyhouse.applications.find(readId(id));
    if (found === null || found.accountId !== accountId) throw new Refusal({ code: 'not_found' });
    return found;
  };

  async function detailOf(application: Application): Promise<Detail> {
    const { accountId, createdBy } = application;
    const creator = await creatorsOf(keyhouse, accountId, [createdBy]);
    return { ...settingsOf(application), created_by: creator(createdBy) };
  }

  serve('GET /accounts/:account/applications', async ({ account, query }) => {
    const page = readPage(query);
    const found = await keyhouse.applications.list({
      accountId: account.id,
      ...page,
      limit: page.limit + 1,
    });
    const { rows, next } = cutPage(found, page.limit);
    return { applications: rows.map(rowOf), next };
  });

  serve('POST /accounts/:account/applications', async ({ account, body, by }) => {
    const { type: kind, logo, ...rest } = body;
    const settings = { ...readWhole(rest), name: body.name.trim() };
    const made = await keyhouse.applications.create({ accountId: account.id, kind, settings, logo: logo ?? null }, by);
    if (!made.ok) throw refusalOf(made);
    return { application: await detailOf(made.value.application), client_secret: made.value.secret };
  });

  serve('GET /accounts/:account/applications/:id', async ({ account, params }) => {
    const application = await find(account.id, params.id);
    const [sessions, [listed]] = await Promise.all([
      // The users of an application are other customers: visible to those who manage it, not to viewers.
      includesRole(account.role, 'developer') ? keyhouse.sessions.listOfApplication(application.id, { limit: MAX_SESSIONS }) : [],
      keyhouse.applications.list({ clientId: application.clientId, limit: 1 }),
    ]);
    return {
      application: await detailOf(application),
      live_sessions: listed?.liveSessions ?? 0,
      sessions: sessions.map((session) => ({
        id: session.id,
        user_name: session.userName,
        account_id: session.accountId,
        permissions: [...session.permissions],
        scopes: [...session.scopes],
        created_at: toTimestamp(session.createdAtMs),
        last_used_at: toTimestamp(session.lastUsedAtMs),
      })),
    };
  });

  serve('PATCH /accounts/:account/applications/:id', async ({ account, params, body, by }) => {
    const application = await find(account.id, params.id);
    const { logo, ...rest } = body;
    const settings = readSettings(rest);
    const updated = await keyhouse.applications.update({ application, settings, logo }, by);
    if (!updated.ok) throw refusalOf(updated);
    return await detailOf(updated.value);
  });

  serve('POST /accounts/:account/applications/:id/secret', async ({ account, params, body, by }) => {
    const application = await find(account.id, params.id);
    if (application.kind === 'public') throw invalid('type', 'A public application has no secret.');
    const { overlap_seconds: overlapSeconds } = body;
    const rotated = await keyhouse.applications.rotateSecret({ application, overlapSeconds }, by);
    if (!rotated.ok) throw refusalOf(rotated);
    return { application: await detailOf(rotated.value.application), client_secret: rotated.value.secret };
  });

  serve('POST /accounts/:account/applications/:id/secret/end-overlap', async ({ account, params, by }) => {
    const ended = await keyhouse.applications.endSecretOverlap(await find(account.id, params.id), by);
    if (!ended) throw invalid('overlap', 'The previous secret has already ended.');
  });

  serve('DELETE /accounts/:account/applications/:id', async ({ account, params, by }) => {
    const deleted = await keyhouse.applications.delete(await find(account.id, params.id), by);
    if (!deleted) throw new Refusal({ code: 'not_found' });
  });

  serve('DELETE /accounts/:account/applications/:id/sessions/:session', async ({ account, params, by }) => {
    const { id: applicationId } = await find(account.id, params.id);
    const ended = await keyhouse.sessions.end({ id: params.session, applicationId, reason: 'revoked' }, by);
    if (!ended) throw new Refusal({ code: 'not_found' });
  });
}

/** The names on the wire and in core. */
const FIELDS = {
  name: 'name',
  home_page: 'homePage',
  redirect_uris: 'redirectUris',
  post_logout_redirect_uris: 'postLogoutRedirectUris',
  allows_schemes_without_dot: 'allowsSchemesWithoutDot',
  id_token_signed_response_alg: 'idTokenAlgorithm',
  permissions: 'permissions',
  optional_permissions: 'optionalPermissions',
  own_permissions: 'ownPermissions',
  idle_seconds: 'idleSeconds',
  absolute_seconds: 'absoluteSeconds',
  jwks: 'jwks',
} as const satisfies Record<string, keyof ApplicationSettings>;

/** What badges vouch for, in the names of the wire. */
const VOUCHED_WIRE = {
  name: 'name',
  homePage: 'home_page',
  logo: 'logo',
  redirectUris: 'redirect_uris',
  postLogoutRedirectUris: 'post_logout_redirect_uris',
  allowsSchemesWithoutDot: 'allows_schemes_without_dot',
  permissions: 'permissions',
  optionalPermissions: 'optional_permissions',
  ownPermissions: 'own_permissions',
  jwks: 'jwks',
  owner: 'owner',
} as const satisfies Record<Vouched, string>;

export const FIRST_PARTY_SENTENCE = 'Only applications of the operator’s account can be first-party.';

const wireNameOf = (field: ApplicationFault['field']): string =>
  Object.entries(FIELDS).find(([, name]) => name === field)?.[0] ?? field;

function readWhole(body: Omit<Api['POST /accounts/:account/applications']['body'], 'type' | 'logo'>): ApplicationSettings {
  return {
    name: body.name,
    homePage: emptyIsNone(body.home_page),
    redirectUris: body.redirect_uris,
    postLogoutRedirectUris: body.post_logout_redirect_uris,
    allowsSchemesWithoutDot: body.allows_schemes_without_dot ?? DEFAULT_SETTINGS.allowsSchemesWithoutDot,
    idTokenAlgorithm: body.id_token_signed_response_alg ?? DEFAULT_SETTINGS.idTokenAlgorithm,
    permissions: body.permissions,
    optionalPermissions: body.optional_permissions,
    ownPermissions: body.own_permissions,
    idleSeconds: body.idle_seconds,
    absoluteSeconds: body.absolute_seconds,
    jwks: body.jwks as ApplicationSettings['jwks'],
  };
}

function readSettings(body: Omit<Body, 'logo'>): Partial<ApplicationSettings> {
  const given = Object.entries(FIELDS).filter(([wire]) => wire in body);
  const settings = Object.fromEntries(given.map(([wire, name]) => [name, body[wire as keyof typeof body]]));
  if (typeof body.name === 'string') settings.name = body.name.trim();
  if (body.home_page !== undefined) settings.homePage = emptyIsNone(body.home_page);
  return settings as Partial<ApplicationSettings>;
}

const emptyIsNone = (text: string | null): string | null => (text === null || text.trim() === '' ? null : text.trim());

const OTHER_REFUSALS = {
  gone: () => new Refusal({ code: 'not_found' }),
  too_many: () => invalid('account', 'The account has reached its limit of applications.'),
  not_operators: () => invalid('first_party', FIRST_PARTY_SENTENCE),
} as const;

function refusalOf(
  refused:
    | { readonly reason: 'invalid'; readonly faults: readonly ApplicationFault[] }
    | { readonly reason: 'gone' | 'too_many' | 'not_operators' | InactiveState },
): Refusal {
  if (isInactive(refused.reason)) return new Refusal({ code: 'account_inactive', state: refused.reason });
  if (refused.reason !== 'invalid') return OTHER_REFUSALS[refused.reason]();
  return refuseFaults(refused.faults, wireNameOf);
}

const shared = (application: Application) => ({
  id: application.id,
  client_id: application.clientId,
  account_id: application.accountId,
  name: application.name,
  type: application.kind,
  logo_url: logoUrlOf(application),
  home_page: application.homePage,
  first_party: application.isFirstParty,
  verified_at: toOptionalTimestamp(application.verifiedAtMs),
  lost_badges: lostOf(application),
  created_at: toTimestamp(application.createdAtMs),
});

const lostOf = ({ lostBadges }: Application): Row['lost_badges'] =>
  lostBadges === null
    ? null
    : {
        badges: [...lostBadges.badges],
        changed: lostBadges.changed.map((what) => VOUCHED_WIRE[what]),
        at: toTimestamp(lostBadges.atMs),
      };

export const rowOf = (application: ListedApplication): Row => ({
  ...shared(application),
  account_name: application.accountName,
  live_sessions: application.liveSessions,
});

/** Built member by member: no hash can come along. */
const settingsOf = (application: Application): Omit<Detail, 'created_by'> => ({
  ...shared(application),
  redirect_uris: [...application.redirectUris],
  post_logout_redirect_uris: [...application.postLogoutRedirectUris],
  allows_schemes_without_dot: application.allowsSchemesWithoutDot,
  id_token_signed_response_alg: application.idTokenAlgorithm,
  permissions: application.permissions === null ? null : [...application.permissions],
  optional_permissions: [...application.optionalPermissions],
  own_permissions: [...application.ownPermissions],
  idle_seconds: application.idleSeconds,
  absolute_seconds: application.absoluteSeconds,
  jwks: application.jwks === null ? null : { keys: application.jwks.keys.map((key) => ({ ...key })) },
  secret_made_at: toOptionalTimestamp(application.secretMadeAtMs),
  previous_secret_ends_at: toOptionalTimestamp(application.previousSecretEndsAtMs),
  updated_at: toTimestamp(application.updatedAtMs),
});
