/**
 * What the harness writes: every kind of act whose loss would hurt, each through the door that customers use. An act claims the things that it changes, asks,
 * and writes one line to the ledger. An answer that it did not expect is a fault by itself.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Answer } from './client.ts';
import type { Thing } from './ledger.ts';
import { CALLBACK } from './people.ts';
import type { Writer } from './writer.ts';

/** Below the limits of one user, beyond which the least used thing would end by itself. */
const MAX_OF_ONE_USER = 60;
const PERMISSIONS = ['invoices.read'];

export interface Act {
  readonly name: string;
  /** Out of the sum of all. */
  readonly weight: number;
  run(writer: Writer): Promise<void>;
}

export const ACTS: readonly Act[] = [
  { name: 'create key', weight: 6, run: createKey },
  { name: 'rotate key', weight: 4, run: (writer) => rotateKey(writer) },
  { name: 'revoke key', weight: 3, run: (writer) => revoke(writer, 'key') },
  { name: 'log in', weight: 2, run: logIn },
  { name: 'rotate token', weight: 5, run: rotateToken },
  { name: 'revoke token', weight: 1, run: (writer) => revoke(writer, 'token') },
  { name: 'mint', weight: 30, run: mint },
  { name: 'revoke JWT', weight: 14, run: (writer) => revoke(writer, 'jwt') },
  { name: 'sign in', weight: 1, run: signIn },
  { name: 'sign out', weight: 1, run: signOut },
  { name: 'redeem', weight: 6, run: redeem },
  { name: 'redeem again', weight: 1, run: redeemAgain },
  { name: 'refresh', weight: 16, run: (writer) => refreshAny(writer) },
  { name: 'replay', weight: 2, run: replay },
  { name: 'verify', weight: 30, run: verify },
  { name: 'create team', weight: 1, run: createTeam },
  { name: 'suspend or resume', weight: 4, run: suspendOrResume },
];

async function createKey(writer: Writer): Promise<void> {
  const team = writer.pick('account');
  const account = team?.text ?? String(writer.person.accountId);
  // Not while it is being suspended: then either answer would be right.
  await writer.claiming(team === undefined ? [] : [team], async () => {
    const wish = { name: 'fault', expires_at: null, permissions: null, addresses: null, environment: 'live' };
    const answer = await writer.dashboard('POST', `/accounts/${account}/keys`, wish);
    if (!writer.expect(answer, [200, 201], 'create key')) return;
    writer.keyIds.set(answer.json.secret, `${account}/keys/${answer.json.credential.id}`);
    writer.create('key', answer.json.secret, team?.id);
  });
}

async function rotateKey(writer: Writer): Promise<void> {
  const key = writer.pick('key');
  const path = key === undefined ? undefined : writer.keyIds.get(key.text);
  if (key === undefined || path === undefined) return await createKey(writer);
  await writer.claiming([key, ...writer.owner(key)], async () => {
    const answer = await writer.dashboard('POST', `/accounts/${path}/rotate`, { overlap_seconds: 0, revoke_jwts: false });
    if (!writer.expect(answer, [200, 201], 'rotate key', key)) return;
    writer.keyIds.set(answer.json.secret, path);
    writer.write({ what: 'rotated', id: key.id, text: answer.json.secret });
  });
}

async function rotateToken(writer: Writer): Promise<void> {
  const token = writer.pick('token');
  if (token === undefined) return await logIn(writer);
  await writer.claiming([token], async () => {
    const answer = await writer.ask('/api/v1/auth/tokens/rotate', { bearer: token.text, body: { overlap_seconds: 0 } });
    if (!writer.expect(answer, [200], 'rotate token', token)) return;
    writer.write({ what: 'rotated', id: token.id, text: answer.json.access_token });
  });
}

async function mint(writer: Writer): Promise<void> {
  // Keys are not claimed: they are rotated, revoked and suspended while JWTs are minted with them.
  const key = writer.pick('key', { evenIfClaimed: true });
  if (key === undefined) return await createKey(writer);
  const before = writer.stamp(key);
  const answer = await writer.ask('/auth', { bearer: key.text, body: { permissions: PERMISSIONS } });
  if ((answer?.status === 401 || answer?.status === 429) && writer.stamp(key) !== before) return;
  if (!writer.expect(answer, [200], 'mint')) return;
  writer.create('jwt', answer.json.token, key.id);
}

/**
 * By possession (RFC 7009 §2.1). A JWT whose revocation was not answered is revoked again; a key may have another secret by now, and then revoking the old one does
 * nothing.
 */
async function revoke(writer: Writer, kind: 'key' | 'token' | 'jwt'): Promise<void> {
  // Of one that has expired nothing is revoked.
  const isGood = ({ untilMs }: Thing): boolean => untilMs === null || untilMs > Date.now();
  const thing = writer.pick(kind, { orEither: kind === 'jwt', isGood });
  if (thing === undefined) return;
  // What belongs to a session is ended by its client alone, and ends the session.
  const session = thing.untilMs === null ? undefined : writer.owner(thing)[0];
  const revoked = session ?? thing;
  await writer.claiming([revoked], async () => {
    const client = session === undefined ? {} : { client_id: writer.person.clientId };
    const answer = await writer.ask('/auth/revoke', { body: new URLSearchParams({ token: thing.text, ...client }) });
    if (!writer.expect(answer, [200], `revoke ${kind}`, revoked)) return;
    writer.write({ what: 'ended', id: revoked.id });
  });
}

async function logIn(writer: Writer): Promise<void> {
  if (writer.count('token') > MAX_OF_ONE_USER) return await revoke(writer, 'token');
  const { email, password } = writer.person;
  const answer = await writer.ask('/api/v1/auth/login', { body: { email, password, device_name: 'fault' } });
  if (writer.expect(answer, [200], 'log in')) writer.create('token', answer.json.user.access_token);
}

async function signIn(writer: Writer): Promise<void> {
  if (writer.count('sign-in') > MAX_OF_ONE_USER) return await signOut(writer);
  const { email, password } = writer.person;
  const answer = await writer.ask('/dashboard/api/log-in', { body: { email, password } });
  if (writer.expect(answer, [200], 'sign in')) writer.create('sign-in', answer.cookie);
}

async function signOut(writer: Writer): Promise<void> {
  const thing = writer.pick('sign-in');
  if (thing === undefined) return;
  await writer.claiming([thing], async () => {
    const answer = await writer.ask('/dashboard/api/log-out', { method: 'POST', cookie: thing.text });
    if (writer.expect(answer, [204], 'sign out', thing)) writer.write({ what: 'ended', id: thing.id });
  });
}

interface Code {
  readonly text: string;
  readonly verifier: string;
}

/** From `/auth`, with the consent where it is asked for. Null: it did not come so far. */
async function newCode(writer: Writer): Promise<Code | null> {
  const verifier = randomBytes(32).toString('base64url');
  const request = new URLSearchParams({
    ...{ response_type: 'code', client_id: writer.person.clientId, redirect_uri: CALLBACK, scope: PERMISSIONS.join(' ') },
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const first = await writer.ask(`/auth?${request}`, { cookie: writer.cookie });
  let location = first?.location ?? '';
  if (location.includes('/consent')) {
    const wish = new URL(location, 'https://any.example').searchParams.get('request');
    const consented = await writer.dashboard('POST', '/consent', { request: wish, decision: 'allow' });
    location = consented?.json.location ?? '';
  }
  const text = location.startsWith(CALLBACK) ? new URL(location).searchParams.get('code') : null;
  return text === null ? null : { text, verifier };
}

async function redeem(writer: Writer): Promise<void> {
  await openSession(writer);
}

async function openSession(writer: Writer): Promise<{ session: Thing; code: Code } | null> {
  if (writer.count('session') > MAX_OF_ONE_USER) {
    await replay(writer);
    return null;
  }
  const code = await newCode(writer);
  if (code === null) return null;
  const answer = await redeemCode(writer, code);
  if (!writer.expect(answer, [200], 'redeem')) return null;
  const id = writer.create('code', code.text);
  const session = writer.create('session', answer.json.refresh_token, id);
  createSessionJwt(writer, answer, session);
  return { session: writer.get(session), code };
}

const redeemCode = (writer: Writer, { text, verifier }: Code): Promise<Answer | null> =>
  writer.tokens({ grant_type: 'authorization_code', code: text, code_verifier: verifier, redirect_uri: CALLBACK });

/** Reuse ends what the first redemption bought (RFC 6749 §4.1.2). */
async function redeemAgain(writer: Writer): Promise<void> {
  const opened = await openSession(writer);
  if (opened === null) return;
  await writer.claiming([opened.session], async () => {
    const answer = await redeemCode(writer, opened.code);
    if (writer.expect(answer, [400], 'redeem again', opened.session)) writer.write({ what: 'ended', id: opened.session.id });
  });
}

async function refreshAny(writer: Writer): Promise<void> {
  const session = writer.pick('session');
  if (session === undefined) await redeem(writer);
  else await refresh(writer, session);
}

/** Also how the checker asks whether a session is there still. */
export async function refresh(writer: Writer, session: Thing): Promise<void> {
  await writer.claiming([session], async () => {
    const from = session.text;
    const answer = await writer.tokens({ grant_type: 'refresh_token', refresh_token: from });
    // Without an answer the session lives on: the same token gets the same successor.
    if (!writer.expect(answer, [200], 'refresh')) return;
    writer.write({ what: 'refreshed', id: session.id, from, text: answer.json.refresh_token });
    createSessionJwt(writer, answer, session.id);
  });
}

/** One that is two steps old: reuse, which ends the session. */
async function replay(writer: Writer): Promise<void> {
  const session = writer.pick('session', { isGood: ({ before }) => before.length > 1 });
  if (session === undefined) return await refreshAny(writer);
  await writer.claiming([session], async () => {
    const answer = await writer.tokens({ grant_type: 'refresh_token', refresh_token: session.before.at(-2) ?? '' });
    if (writer.expect(answer, [400], 'replay', session)) writer.write({ what: 'ended', id: session.id });
  });
}

async function createTeam(writer: Writer): Promise<void> {
  if (writer.count('account') > 5) return await suspendOrResume(writer);
  const answer = await writer.dashboard('POST', '/accounts', { name: 'Team' });
  if (writer.expect(answer, [200, 201], 'create team')) writer.create('account', String(answer.json.id));
}

/** Whatever is suspended is resumed one day; what was revoked of it before stays so. */
async function suspendOrResume(writer: Writer): Promise<void> {
  const team = writer.pick('account', { orEither: true, orEnded: true });
  if (team === undefined) return await createTeam(writer);
  const suspend = async (): Promise<void> => {
    const answer = await writer.dashboard('POST', `/operator/accounts/${team.text}/suspend`, { reason: null });
    if (writer.expect(answer, [204], 'suspend', team)) writer.write({ what: 'ended', id: team.id });
  };
  await writer.claiming([team], async () => {
    if (team.state === 'active') return await suspend();
    const answer = await writer.dashboard('POST', `/operator/accounts/${team.text}/resume`);
    if (!writer.expect(answer, team.state === 'either' ? [204, 409, 422] : [204], 'resume', team)) return;
    if (answer.status === 204) return writer.write({ what: 'resumed', id: team.id });
    // Its suspension was not answered, or a set-back has lost it: who was running may remember it, and may not hear this. So it is suspended again.
    await suspend();
  });
}

/** Asks the server while everything else goes on; where another server may have been asked to revoke, only the checks at the end do. */
async function verify(writer: Writer): Promise<void> {
  const kind = (['key', 'token', 'jwt', 'jwt'] as const)[Math.floor(Math.random() * 4)] ?? 'jwt';
  const thing = writer.pick(kind, { orEnded: true, evenIfClaimed: true });
  if (thing === undefined) return;
  const before = writer.stamp(thing);
  const answer = await writer.ask('/verify/api/invoices', { bearer: thing.text });
  if (answer === null || answer.status === 503 || writer.stamp(thing) !== before) return;
  writer.judge(thing, answer.status);
}

/** Half a minute before it expires nothing is said of it any more: on a busy machine a question takes a while. */
const UNCERTAIN_MS = 30_000;

function createSessionJwt(writer: Writer, { json }: Answer, session: string): void {
  const { exp } = JSON.parse(Buffer.from(json.access_token.split('.')[1], 'base64url').toString());
  writer.create('jwt', json.access_token, session, exp * 1000 - UNCERTAIN_MS);
}
