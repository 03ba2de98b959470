/**
 * Every endpoint of the private API that changes something, or hands out something that is recorded, with a request that would
 * succeed. The type requires each one: an endpoint that is added has its row here, or this does not compile.
 */
import { randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import { IN_THE_ACT } from '../../src/core/authority.ts';
import { emailKey } from '../../src/core/lib/email.ts';
import type { api, EndpointName } from '../../src/http/dashboard/api/index.ts';
import { authPath, newApplication, newPkce, openSession, requestOf, visit } from '../applications.ts';
import { createAuthenticator } from '../authenticator.ts';
import { newEmail } from '../browser.ts';
import { OPERATOR, PASSWORD } from '../server.ts';
import { eventOf, invitationTo, type Scene, ticketFor } from './ended-access-scene.ts';

/** Below `/dashboard/api`, and its body. */
export type EndpointCall = readonly [path: string, body?: object];
type Prepare = (scene: Scene) => Promise<EndpointCall> | EndpointCall;

/** `isRead`: it writes nothing on behalf of the user who asks, so that only the door can judge it. */
export interface Row {
  readonly prepare: Prepare;
  readonly isRead: boolean;
  /** A user of no team, whose address is not verified by an invitation. */
  readonly isAlone?: true;
}

type Attacked =
  | {
      [Name in EndpointName]: Name extends `GET ${string}` ? never : (typeof api)[Name]['who'] extends 'anyone' ? never : Name;
    }[EndpointName]
  | 'GET /operator/mails/:id';

const acts = (prepare: Prepare): Row => ({ prepare, isRead: false });
const reads = (prepare: Prepare): Row => ({ prepare, isRead: true });

const WISH = { name: 'wish', expires_at: null, permissions: ['a.read', 'b.read'], addresses: null };
const APPLICATION = {
  ...{ name: 'Reader', type: 'confidential', home_page: null, redirect_uris: ['https://reader.example.com/callback'] },
  ...{ post_logout_redirect_uris: [], permissions: ['invoices.read'], optional_permissions: [], own_permissions: [] },
  ...{ idle_seconds: null, absolute_seconds: null, jwks: null },
};
const OVERLAP_SECONDS = 3600;

async function token({ server, actor }: Scene) {
  const wish = { name: 'token', expiresAtMs: null, permissions: ['a.read', 'b.read'], addresses: null } as const;
  const issued = await server.keyhouse.credentials.createToken(
    { ...wish, userId: actor.id, accountId: actor.accountId, source: 'command-line' },
    OPERATOR,
  );
  if (!issued.ok) throw new Error(issued.reason);
  return issued.value.token;
}

async function key({ server, team }: Scene) {
  const { id, text } = await server.key(team, { permissions: ['a.read', 'b.read'] });
  const credential = await server.store.credentials.getCredential('key', id);
  if (credential === null) throw new Error('The key is not there.');
  return { credential, text };
}

async function narrowed({ server, actor }: Scene, { kind, id }: Awaited<ReturnType<typeof token>>): Promise<number> {
  const done = await server.keyhouse.credentials.narrow(
    { kind, id, permissions: ['a.read'] },
    { ...OPERATOR, actor: `user:${actor.id}`, authority: IN_THE_ACT },
  );
  if (!done.ok) throw new Error(done.reason);
  return id;
}
async function rotated({ server }: Scene, credential: Awaited<ReturnType<typeof token>>): Promise<number> {
  const { id, hash: currentHash } = credential;
  const done = await server.keyhouse.credentials.rotate(
    { credential, currentHash, overlapSeconds: OVERLAP_SECONDS, revokeJwts: false },
    OPERATOR,
  );
  if (!done.ok) throw new Error(done.reason);
  return id;
}

async function jti(scene: Scene): Promise<{ jti: string; jwt: string; keyId: number }> {
  const { credential, text } = await key(scene);
  const minted = await scene.server.request('/auth', { bearer: text, body: { permissions: ['a.read'] } });
  const { jti: name } = JSON.parse(Buffer.from(minted.json.token.split('.')[1], 'base64url').toString());
  return { jti: name, jwt: minted.json.token, keyId: credential.id };
}

async function passkey({ server, actor }: Scene): Promise<string> {
  const id = randomBytes(16).toString('base64url');
  const row = { id, userId: actor.id, name: 'Laptop', publicKey: 'AAAA', counter: 0, transports: [], synced: false };
  await server.store.factors.addPasskey({
    passkey: { ...row, createdAtMs: server.now(), lastUsedAtMs: null },
    event: eventOf(server, 'user.passkey_added'),
  });
  return id;
}

/** Begun, and with `confirmed` in force. */
async function totp({ actor, server }: Scene, confirmed: boolean): Promise<string> {
  const { secret } = (await actor.ask('/me/totp', { method: 'POST' })).json;
  const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: server.now() });
  if (confirmed) await actor.ask('/me/totp/confirm', { body: { code } });
  return code;
}

async function mail({ server, actor }: Scene): Promise<number> {
  const by = OPERATOR;
  const user = await server.keyhouse.users.find(actor.id);
  if (user === null) throw new Error('Nobody is there.');
  await server.keyhouse.administration.sendTestMail(user, by);
  const [newest] = await server.store.mails.listMails({ limit: 1 });
  return newest?.id ?? 0;
}

const applicationOf = (scene: Scene, kind: 'public' | 'confidential' = 'confidential') =>
  newApplication(scene.server, scene.team, { kind, name: `App ${randomBytes(4).toString('hex')}` });
const session = async (scene: Scene) => {
  const application = await applicationOf(scene, 'public');
  return { application, session: await openSession(scene.server, scene.actor, application) };
};
const accountOf = ({ team }: Scene): string => `/accounts/${team}`;

export const ROWS = {
  'POST /log-out': acts(() => ['/log-out']),
  'POST /verify-email': acts(async (scene) => [
    '/verify-email',
    { ticket: await ticketFor(scene, 'verify-email', { emailKey: emailKey(scene.actor.email) }) },
  ]),
  'POST /verify-email/send': { ...acts(() => ['/verify-email/send']), isAlone: true },
  'POST /invitation/accept': acts(async ({ server, actor, stranger }) => {
    const team = await server.keyhouse.teams.create({ name: 'Wheels', ownerId: stranger, by: OPERATOR });
    if (typeof team === 'string') throw new Error(team);
    const { ticket } = await invitationTo(server, { team: team.id, by: stranger, email: actor.email, role: 'viewer' });
    return ['/invitation/accept', { ticket }];
  }),
  'POST /proof': acts(async ({ server, actor }) => {
    const { accounts } = server.store;
    // By itself it ends no sign-in, as a change of the password would.
    const passwordHash = await hashOfPassword(server);
    const event = eventOf(server, 'user.password_rehashed');
    await accounts.setPasswordHash({ userId: actor.id, passwordHash, nowMs: server.now(), endTokensOfLogins: false, event });
    return ['/proof', { password: PASSWORD }];
  }),
  'POST /proof/passkey/options': reads(() => ['/proof/passkey/options']),
  'POST /proof/passkey': acts(async ({ server, actor }) => {
    const authenticator = createAuthenticator(server.url);
    const made = await actor.ask('/me/passkeys/options', { method: 'POST' });
    await actor.ask('/me/passkeys', { body: { name: 'Laptop', response: authenticator.register(made.json) } });
    const options = await actor.ask('/proof/passkey/options', { method: 'POST' });
    return ['/proof/passkey', { response: authenticator.answer(options.json) }];
  }),

  'POST /consent/check': reads(async (scene) => ['/consent/check', { request: await consentRequest(scene) }]),
  'POST /consent': acts(async (scene) => ['/consent', { request: await consentRequest(scene), decision: 'allow' }]),

  'PATCH /me': acts(() => ['/me', { display_name: 'Eve' }]),
  'POST /me/email': acts(() => ['/me/email', { email: newEmail() }]),
  'POST /me/email/confirm': acts(async (scene) => {
    const email = newEmail();
    return ['/me/email/confirm', { ticket: await ticketFor(scene, 'new-email', { email, emailKey: emailKey(email) }) }];
  }),
  'DELETE /me': acts(({ actor }) => ['/me', { email: actor.email }]),
  'PUT /me/password': acts(() => ['/me/password', { password: 'another horse battery staple' }]),
  'POST /me/passkeys/options': reads(() => ['/me/passkeys/options']),
  'POST /me/passkeys': acts(async ({ server, actor }) => {
    const { json } = await actor.ask('/me/passkeys/options', { method: 'POST' });
    return ['/me/passkeys', { name: 'Laptop', response: createAuthenticator(server.url).register(json) }];
  }),
  'PATCH /me/passkeys/:id': acts(async (scene) => [`/me/passkeys/${await passkey(scene)}`, { name: 'Phone' }]),
  'DELETE /me/passkeys/:id': acts(async (scene) => [`/me/passkeys/${await passkey(scene)}`]),
  'POST /me/totp': acts(() => ['/me/totp']),
  'POST /me/totp/confirm': acts(async (scene) => ['/me/totp/confirm', { code: await totp(scene, false) }]),
  'DELETE /me/totp': acts(async (scene) => {
    await totp(scene, true);
    return ['/me/totp'];
  }),
  'POST /me/two-step': acts(async (scene) => {
    await passkey(scene);
    return ['/me/two-step'];
  }),
  'DELETE /me/two-step': acts(async (scene) => {
    await totp(scene, true);
    return ['/me/two-step'];
  }),
  'POST /me/recovery-codes': acts(async (scene) => {
    await totp(scene, true);
    return ['/me/recovery-codes'];
  }),
  'DELETE /me/identities/:provider': acts(async ({ server, actor }) => {
    const subject = randomBytes(8).toString('hex');
    await server.store.factors.linkIdentity({
      signInId: actor.signInId,
      identity: { provider: 'example', subject, userId: actor.id, email: null, linkedAtMs: server.now() },
      domains: ['example.com'],
      event: eventOf(server, 'user.identity_linked'),
    });
    return ['/me/identities/example'];
  }),
  'DELETE /me/sign-ins/:id': acts(({ actor }) => [`/me/sign-ins/${actor.signInId}`]),
  'DELETE /me/sign-ins': acts(() => ['/me/sign-ins']),

  'POST /tokens': acts(() => ['/tokens', WISH]),
  'PATCH /tokens/:id': acts(async (scene) => [`/tokens/${(await token(scene)).id}`, { name: 'another' }]),
  'POST /tokens/:id/narrow': acts(async (scene) => [`/tokens/${(await token(scene)).id}/narrow`, { permissions: ['a.read'] }]),
  'POST /tokens/:id/narrow/undo': acts(async (scene) => [`/tokens/${await narrowed(scene, await token(scene))}/narrow/undo`]),
  'POST /tokens/:id/rotate': acts(async (scene) => [`/tokens/${(await token(scene)).id}/rotate`, { overlap_seconds: 60 }]),
  'POST /tokens/:id/overlap/end': acts(async (scene) => [`/tokens/${await rotated(scene, await token(scene))}/overlap/end`]),
  'POST /tokens/:id/overlap/extend': acts(async (scene) => [
    `/tokens/${await rotated(scene, await token(scene))}/overlap/extend`,
    { seconds: 7200 },
  ]),
  'DELETE /tokens/:id': acts(async (scene) => [`/tokens/${(await token(scene)).id}`]),

  'POST /accounts/:account/keys': acts((scene) => [`${accountOf(scene)}/keys`, { ...WISH, environment: 'live' }]),
  'PATCH /accounts/:account/keys/:id': acts(async (scene) => [await keyPath(scene), { name: 'another' }]),
  'POST /accounts/:account/keys/:id/narrow': acts(async (scene) => [
    `${await keyPath(scene)}/narrow`,
    { permissions: ['a.read'] },
  ]),
  'POST /accounts/:account/keys/:id/narrow/undo': acts(async (scene) => [
    `${accountOf(scene)}/keys/${await narrowed(scene, (await key(scene)).credential)}/narrow/undo`,
  ]),
  'POST /accounts/:account/keys/:id/rotate': acts(async (scene) => [
    `${await keyPath(scene)}/rotate`,
    { overlap_seconds: 60, revoke_jwts: false },
  ]),
  'POST /accounts/:account/keys/:id/overlap/end': acts(async (scene) => [
    `${accountOf(scene)}/keys/${await rotated(scene, (await key(scene)).credential)}/overlap/end`,
  ]),
  'POST /accounts/:account/keys/:id/overlap/extend': acts(async (scene) => [
    `${accountOf(scene)}/keys/${await rotated(scene, (await key(scene)).credential)}/overlap/extend`,
    { seconds: 7200 },
  ]),
  'DELETE /accounts/:account/keys/:id': acts(async (scene) => [await keyPath(scene)]),
  'POST /accounts/:account/jwts/decode': reads(async (scene) => [
    `${accountOf(scene)}/jwts/decode`,
    { jwt: (await jti(scene)).jwt },
  ]),
  'DELETE /accounts/:account/jwts/:jti': acts(async (scene) => [`${accountOf(scene)}/jwts/${(await jti(scene)).jti}`]),
  'DELETE /accounts/:account/keys/:id/jwts': acts(async (scene) => [`${accountOf(scene)}/keys/${(await jti(scene)).keyId}/jwts`]),

  'POST /accounts': acts(() => ['/accounts', { name: 'Another' }]),
  'PATCH /accounts/:account': acts((scene) => [accountOf(scene), { name: 'Another' }]),
  'DELETE /accounts/:account': acts((scene) => [accountOf(scene), { name: 'Engines' }]),
  'POST /accounts/:account/invitations': acts((scene) => [
    `${accountOf(scene)}/invitations`,
    { email: newEmail(), role: 'viewer' },
  ]),
  'POST /accounts/:account/invitations/:id/send': acts(async (scene) => [`${await invitationPath(scene)}/send`]),
  'DELETE /accounts/:account/invitations/:id': acts(async (scene) => [await invitationPath(scene)]),
  'PATCH /accounts/:account/members/:user': acts((scene) => [
    `${accountOf(scene)}/members/${scene.viewer}`,
    { role: 'developer' },
  ]),
  'DELETE /accounts/:account/members/:user': acts((scene) => [`${accountOf(scene)}/members/${scene.viewer}`]),
  'POST /accounts/:account/leave': acts((scene) => [`${accountOf(scene)}/leave`]),
  'POST /accounts/:account/transfer': acts((scene) => [`${accountOf(scene)}/transfer`, { user_id: scene.viewer }]),

  'POST /accounts/:account/applications': acts((scene) => [`${accountOf(scene)}/applications`, APPLICATION]),
  'PATCH /accounts/:account/applications/:id': acts(async (scene) => [await applicationPath(scene), { name: 'Other' }]),
  'POST /accounts/:account/applications/:id/secret': acts(async (scene) => [
    `${await applicationPath(scene)}/secret`,
    { overlap_seconds: OVERLAP_SECONDS },
  ]),
  'POST /accounts/:account/applications/:id/secret/end-overlap': acts(async (scene) => {
    const application = await applicationOf(scene);
    await scene.server.keyhouse.applications.rotateSecret({ application, overlapSeconds: OVERLAP_SECONDS }, OPERATOR);
    return [`${accountOf(scene)}/applications/${application.id}/secret/end-overlap`];
  }),
  'DELETE /accounts/:account/applications/:id': acts(async (scene) => [await applicationPath(scene)]),
  'DELETE /accounts/:account/applications/:id/sessions/:session': acts(async (scene) => {
    const { application, session: opened } = await session(scene);
    return [`${accountOf(scene)}/applications/${application.id}/sessions/${opened.id}`];
  }),
  'DELETE /me/applications/:grant': acts(async (scene) => {
    await session(scene);
    const [grant] = await scene.server.store.grants.listConnected(scene.actor.id, scene.server.now());
    return [`/me/applications/${grant?.id}`];
  }),
  'DELETE /me/sessions/:session': acts(async (scene) => [`/me/sessions/${(await session(scene)).session.id}`]),

  'POST /operator/users/:id/disable': acts(({ stranger }) => [`/operator/users/${stranger}/disable`]),
  'POST /operator/users/:id/enable': acts(async ({ server, stranger }) => {
    await server.keyhouse.users.disable({ userId: stranger, by: OPERATOR });
    return [`/operator/users/${stranger}/enable`];
  }),
  'POST /operator/users/:id/reset-second-factor': acts(({ viewer }) => [`/operator/users/${viewer}/reset-second-factor`]),
  'POST /operator/users/:id/end-sign-ins': acts(({ actor }) => [`/operator/users/${actor.id}/end-sign-ins`]),
  'PUT /operator/users/:id/administrator': acts(({ stranger }) => [
    `/operator/users/${stranger}/administrator`,
    { administrator: true },
  ]),
  'POST /operator/invitations': acts(() => ['/operator/invitations', { email: newEmail() }]),
  'PUT /operator/permissions': acts(() => ['/operator/permissions', { permissions: [] }]),
  'POST /operator/permissions/holders': reads(() => ['/operator/permissions/holders', { permissions: ['a.read'] }]),
  'PUT /operator/routes': acts(() => ['/operator/routes', { routes: [] }]),
  'POST /operator/routes/try': reads(() => ['/operator/routes/try', { method: 'GET', path: '/invoices' }]),
  'POST /operator/signing-keys/rotate': acts(() => ['/operator/signing-keys/rotate', { emergency: true }]),
  'PUT /operator/signing-keys/schedule': acts(() => ['/operator/signing-keys/schedule', { days: 30 }]),
  'GET /operator/mails/:id': acts(async (scene) => [`/operator/mails/${await mail(scene)}`]),
  'POST /operator/mails/:id/retry': acts(async (scene) => [`/operator/mails/${await mail(scene)}/retry`]),
  'POST /operator/mails/test': acts(() => ['/operator/mails/test']),
  'POST /operator/limits/clear': acts(({ actor }) => ['/operator/limits/clear', { email: actor.email }]),
  'POST /operator/audit/verify': reads(() => ['/operator/audit/verify']),
  'PUT /operator/applications/:id/verified': acts(async (scene) => [
    `/operator/applications/${(await applicationOf(scene)).id}/verified`,
    { verified: true },
  ]),
  'PUT /operator/applications/:id/first-party': acts(async (scene) => [
    `/operator/applications/${(await newApplication(scene.server, 1)).id}/first-party`,
    { first_party: true },
  ]),
  'POST /operator/accounts/:id/suspend': acts(({ team }) => [`/operator/accounts/${team}/suspend`, { reason: null }]),
  'POST /operator/accounts/:id/resume': acts(async ({ server, team }) => {
    await server.keyhouse.administration.suspendAccount({ accountId: team, reason: null, by: OPERATOR });
    return [`/operator/accounts/${team}/resume`];
  }),
  'DELETE /operator/accounts/:id': acts(async ({ server, team }) => {
    const account = await server.keyhouse.administration.findListedAccount(team);
    return [`/operator/accounts/${team}`, { name: account?.name ?? '' }];
  }),
  'PUT /operator/brand': acts(() => ['/operator/brand', { name: 'Works', accent: '#123456' }]),
} satisfies Record<Attacked, Row>;

/** Created by another user: hashing takes long. */
async function hashOfPassword(server: Scene['server']): Promise<string> {
  const email = newEmail();
  await server.keyhouse.users.create({ email, password: PASSWORD, isAdministrator: false, by: OPERATOR });
  return (await server.store.accounts.findUserByEmail(emailKey(email)))?.passwordHash ?? '';
}

const keyPath = async (scene: Scene): Promise<string> => `${accountOf(scene)}/keys/${(await key(scene)).credential.id}`;
const applicationPath = async (scene: Scene): Promise<string> =>
  `${accountOf(scene)}/applications/${(await applicationOf(scene)).id}`;

async function invitationPath(scene: Scene): Promise<string> {
  const { server, team, otherOwner } = scene;
  const { id } = await invitationTo(server, { team, by: otherOwner, email: newEmail(), role: 'viewer' });
  return `${accountOf(scene)}/invitations/${id}`;
}

async function consentRequest(scene: Scene): Promise<string> {
  const { location = '' } = (await visit(scene.server, scene.actor, authPath(await applicationOf(scene, 'public'), newPkce())))
    .headers;
  return requestOf(location);
}
