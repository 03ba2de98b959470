/**
 * What a user and a team have, what happens to it, and what must be true of it afterwards: the model that the real servers are
 * compared with.
 */
import {
  askTokens,
  claimsOf,
  newApplication,
  openSession,
  refresh,
  type TestApplication,
} from '../../../../server/test/applications.ts';
import { newPerson, type Person } from '../../../../server/test/people.ts';
import { OPERATOR } from '../../../../server/test/server.ts';
import type { World } from './world.ts';

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
/** This close to its expiry nothing is checked of a JWT. */
const NEAR_MS = 3 * MINUTE_MS;

interface Owner {
  readonly accountId: number;
  readonly userId: number;
  readonly kind: 'personal' | 'team';
  isDisabled: boolean;
  /** The account, by the operator. */
  isSuspended: boolean;
  /** A team whose only owner is disabled. */
  isOwnerless: boolean;
  isGone: boolean;
}

const isActive = ({ isDisabled, isSuspended, isOwnerless, isGone }: Owner): boolean =>
  !isDisabled && !isSuspended && !isOwnerless && !isGone;

interface Key {
  readonly id: number;
  readonly text: string;
  readonly owner: Owner;
  isWide: boolean;
  isRevoked: boolean;
}

interface Jwt {
  readonly text: string;
  readonly jti: string;
  readonly endsAtMs: number;
  readonly owner: Owner;
  /** What it was issued under. */
  readonly under: Key | 'application' | 'session';
  readonly isWide: boolean;
  /** For good. */
  isRevoked: boolean;
}

interface Session {
  readonly id: string;
  refreshToken: string;
  isOver: boolean;
}

export interface Expected {
  readonly name: string;
  readonly text: string;
  readonly holds: boolean;
}

export class Life {
  readonly #world: World;
  readonly #user: Owner;
  readonly #team: Owner;
  readonly #keys: readonly Key[];
  readonly #jwts: Jwt[] = [];
  readonly #application: TestApplication;
  readonly #session: Session;
  #isApplicationGone = false;

  private constructor(
    world: World,
    made: { user: Owner; team: Owner; keys: readonly Key[]; application: TestApplication; session: Session },
  ) {
    this.#world = world;
    this.#user = made.user;
    this.#team = made.team;
    this.#keys = made.keys;
    this.#application = made.application;
    this.#session = made.session;
  }

  /** A user with two keys, an application and a session of it, and another user's team with one key. */
  static async begin(world: World): Promise<Life> {
    const { server } = world;
    const person = await newPerson(server);
    const user = ownerOf(person, person.accountId, 'personal');
    const founder = await newPerson(server);
    const made = await server.keyhouse.teams.create({ name: 'Team', ownerId: founder.id, by: OPERATOR });
    if (typeof made === 'string') throw new Error(made);
    const team = ownerOf(founder, made.id, 'team');
    const keys = await Promise.all(
      [user, user, team].map(async (owner): Promise<Key> => {
        const key = await server.key(owner.accountId, { permissions: ['a.read', 'b.read'] });
        return { ...key, owner, isWide: true, isRevoked: false };
      }),
    );
    const application = await newApplication(server, person.accountId, { kind: 'confidential', ownPermissions: ['a.read'] });
    const { id, refreshToken } = await openSession(server, person, application, { rest: { scope: 'a.read' } });
    return new Life(world, { user, team, keys, application, session: { id, refreshToken, isOver: false } });
  }

  /** What must be judged how, at every door. */
  expected(): readonly Expected[] {
    const nowMs = this.#world.clock.now();
    const keys = this.#keys.map(({ id, text, owner, isRevoked }) => ({
      ...{ name: `key ${id}`, text, holds: !isRevoked && isActive(owner) },
    }));
    const jwts = this.#jwts
      .filter(({ endsAtMs }) => endsAtMs > nowMs + NEAR_MS)
      .map(({ text, jti, owner, isRevoked }) => ({ name: `JWT ${jti}`, text, holds: !isRevoked && isActive(owner) }));
    return [...keys, ...jwts];
  }

  async mint(which: number, days: number, isWide: boolean): Promise<void> {
    const key = this.#key(which);
    const { server, clock } = this.#world;
    const lifeDays = Math.min(days, this.#world.maxJwtDays);
    const endsAtMs = Math.floor((clock.now() + lifeDays * DAY_MS) / 1000) * 1000 - 1000;
    const permissions = isWide ? ['a.read', 'b.read'] : ['a.read'];
    const body = { permissions, expires: new Date(endsAtMs).toISOString().replace('.000Z', 'Z') };
    const { status, json, text } = await server.request('/auth', { bearer: key.text, body });
    const may = !key.isRevoked && isActive(key.owner);
    const wanted = may ? (isWide && !key.isWide ? 403 : 200) : 401;
    if (status !== wanted) throw new Error(`Minting was answered with ${status}, not with ${wanted}: ${text}`);
    if (status === 200) this.#remember(json.token, key.owner, key, isWide);
  }

  async issue(to: 'application' | 'session'): Promise<void> {
    const { server } = this.#world;
    const isOver = this.#isApplicationGone || !isActive(this.#user) || (to === 'session' && this.#session.isOver);
    const { clientId, secret } = this.#application;
    const client = { client_id: clientId, client_secret: secret ?? '' };
    const { status, json, text } =
      to === 'session'
        ? await refresh(server, this.#application, this.#session.refreshToken)
        : await askTokens(server, { grant_type: 'client_credentials', ...client });
    if ((status === 200) === isOver) throw new Error(`${to} was answered with ${status}: ${text}`);
    if (status !== 200) return;
    if (to === 'session') this.#session.refreshToken = json.refresh_token;
    this.#remember(json.access_token, this.#user, to, false);
  }

  async revokeJwt(which: number): Promise<void> {
    const jwt = this.#jwts[which % Math.max(1, this.#jwts.length)];
    if (jwt === undefined || typeof jwt.under === 'string') return;
    await this.#world.command.jwts.revoke({ jti: jwt.jti, by: OPERATOR });
    jwt.isRevoked = true;
  }

  async revokeJwtsOfKey(which: number): Promise<void> {
    const key = this.#key(which);
    await this.#world.command.jwts.revokeOfKey({ keyId: key.id, accountId: key.owner.accountId }, OPERATOR);
    this.#revokeJwts(({ under }) => under === key);
  }

  async revokeKey(which: number): Promise<void> {
    const key = this.#key(which);
    await this.#world.command.credentials.revoke({ kind: 'key', id: key.id }, OPERATOR);
    key.isRevoked = true;
    this.#revokeJwts(({ under }) => under === key);
  }

  async narrowKey(which: number): Promise<void> {
    const key = this.#key(which);
    await this.#world.command.credentials.narrow({ kind: 'key', id: key.id, permissions: ['a.read'] }, OPERATOR);
    if (key.isRevoked || key.owner.isGone) return;
    key.isWide = false;
    this.#revokeJwts(({ under, isWide }) => under === key && isWide);
  }

  /** A disabled user loses their JWTs and sessions for good; keys come back. */
  async disableUser(): Promise<void> {
    const disabled = await this.#world.command.users.disable({ userId: this.#user.userId, by: OPERATOR });
    if (!disabled.ok) return;
    this.#user.isDisabled = true;
    this.#endOfUser();
  }

  async enableUser(): Promise<void> {
    const enabled = await this.#world.command.users.enable({ userId: this.#user.userId, by: OPERATOR });
    if (!enabled.ok) return;
    this.#user.isDisabled = false;
    // JWTs of its applications are revoked up to a minute ahead: the clock of another server may be ahead.
    this.#world.pass(MINUTE_MS);
  }

  /** Nothing is revoked by it: after resuming, everything that was not revoked otherwise is accepted again. */
  async suspend(kind: Owner['kind']): Promise<void> {
    const owner = this.#owner(kind);
    await this.#world.command.administration.suspendAccount({ accountId: owner.accountId, reason: null, by: OPERATOR });
    if (!owner.isGone) owner.isSuspended = true;
  }

  /** Whatever the reason of the suspension. */
  async resume(kind: Owner['kind']): Promise<void> {
    const owner = this.#owner(kind);
    await this.#world.command.administration.resumeAccount({ accountId: owner.accountId, by: OPERATOR });
    owner.isSuspended = false;
    owner.isOwnerless = false;
  }

  async deleteAccount(kind: Owner['kind']): Promise<void> {
    const owner = this.#owner(kind);
    const outcome = await this.#world.command.administration.deleteAccount({ accountId: owner.accountId, by: OPERATOR });
    if (outcome !== 'done') return;
    owner.isGone = true;
    if (kind === 'personal') this.#endOfUser();
    this.#revokeKeys(owner);
  }

  /** The only owner of the team: it is suspended during that time. */
  async disableFounder(): Promise<void> {
    const disabled = await this.#world.command.users.disable({ userId: this.#team.userId, by: OPERATOR });
    if (disabled.ok && !this.#team.isGone) this.#team.isOwnerless = true;
  }

  async enableFounder(): Promise<void> {
    await this.#world.command.users.enable({ userId: this.#team.userId, by: OPERATOR });
    this.#team.isOwnerless = false;
  }

  async deleteUser(): Promise<void> {
    const { clock } = this.#world.command;
    const event = { event: 'user.deleted', atMs: clock.now(), by: OPERATOR } as const;
    await this.#world.server.store.profile.deleteUser({ userId: this.#user.userId, nowMs: clock.now(), event });
    this.#user.isGone = true;
    this.#endOfUser();
    this.#revokeKeys(this.#user);
  }

  async deleteTeam(): Promise<void> {
    const { accountId, userId: actorId } = this.#team;
    const outcome = await this.#world.command.teams.delete({ accountId, actorId, by: OPERATOR });
    if (outcome !== 'done') return;
    this.#team.isGone = true;
    this.#revokeKeys(this.#team);
  }

  async endSession(): Promise<void> {
    await this.#world.command.sessions.end({ id: this.#session.id, reason: 'revoked' }, OPERATOR);
    this.#session.isOver = true;
    this.#revokeJwts(({ under }) => under === 'session');
  }

  async deleteApplication(): Promise<void> {
    await this.#world.command.applications.delete(this.#application, OPERATOR);
    this.#isApplicationGone = true;
    this.#revokeJwts(({ under }) => under === 'application' || under === 'session');
  }

  #owner(kind: Owner['kind']): Owner {
    return kind === 'team' ? this.#team : this.#user;
  }

  #key(which: number): Key {
    const key = this.#keys[which % this.#keys.length];
    if (key === undefined) throw new Error('There are keys.');
    return key;
  }

  #remember(text: string, owner: Owner, under: Jwt['under'], isWide: boolean): void {
    const { jti, exp } = claimsOf(text);
    this.#jwts.push({ text, jti, endsAtMs: exp * 1000, owner, under, isWide, isRevoked: false });
  }

  #endOfUser(): void {
    this.#session.isOver = true;
    this.#revokeJwts(({ owner }) => owner === this.#user);
  }

  #revokeKeys(of: Owner): void {
    for (const key of this.#keys) if (key.owner === of) key.isRevoked = true;
    this.#revokeJwts(({ owner }) => owner === of);
  }

  #revokeJwts(hits: (jwt: Jwt) => boolean): void {
    for (const jwt of this.#jwts) if (hits(jwt)) jwt.isRevoked = true;
  }
}

const ownerOf = ({ id: userId }: Person, accountId: number, kind: Owner['kind']): Owner => ({
  ...{ accountId, userId, kind, isDisabled: false, isSuspended: false, isOwnerless: false, isGone: false },
});
