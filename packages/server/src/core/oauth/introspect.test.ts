import { parseCredential } from '@keyhouse/protocol';
import { expect, it } from 'vitest';
import { type House, ISSUER, openHouse } from '../../../test/house.ts';
import { clientOf, newApplication, openSession, signIn } from '../../../test/house-sessions.ts';
import { mintFrom } from '../../../test/house-things.ts';
import type { OpaqueCaller } from '../caller.ts';
import { OPERATOR_ACCOUNT_ID } from '../users/account.ts';

async function callerOf({ keyhouse }: House, text: string): Promise<OpaqueCaller> {
  const verdict = await keyhouse.verify(parseCredential(text), { address: null, userAgent: null });
  if (!verdict.ok || verdict.caller.kind !== 'key') throw new Error(JSON.stringify(verdict));
  return verdict.caller;
}

const QUESTION = { reportsUse: false, permission: null };

it('tells a key about what belongs to its own account, and the operator’s key about everything', async () => {
  const house = await openHouse();
  const { oauth } = house.keyhouse;
  const [mine, other] = [await house.user(), await house.user()];
  const [key, asker, stranger] = [
    await house.key(mine.accountId, { permissions: ['invoices.read'] }),
    await callerOf(house, (await house.key(mine.accountId)).text),
    await callerOf(house, (await house.key(other.accountId)).text),
  ];
  const operator = await callerOf(house, (await house.key(OPERATOR_ACCOUNT_ID, { permissions: ['keyhouse.verify'] })).text);
  const jwt = await mintFrom(house, key.text);
  const iat = house.clock.now() / 1000;
  const about = { active: true, account: mine.accountId, permissions: ['invoices.read'], scope: 'invoices.read' };
  const rest = {
    client_id: `key:${key.id}`,
    environment: 'live',
    addresses: null,
    token_type: 'Bearer',
    iss: ISSUER,
    aud: ISSUER,
    iat,
  };
  for (const who of [asker, operator]) {
    expect(await oauth.introspect(who, { ...QUESTION, text: key.text })).toEqual({
      ...{ ...about, ...rest, kind: 'key', sub: `account:${mine.accountId}` },
    });
    expect(await oauth.introspect(who, { ...QUESTION, text: jwt.text })).toMatchObject({ ...about, kind: 'jwt', jti: jwt.jti });
  }
  for (const text of [key.text, jwt.text])
    expect(await oauth.introspect(stranger, { ...QUESTION, text })).toEqual({ active: false });
  expect(await oauth.introspect(operator, { ...QUESTION, text: 'nothing' })).toEqual({ active: false });
});

it('counts the question as use of what was asked about, unless the asker reports its requests', async () => {
  const house = await openHouse();
  const { oauth, credentials } = house.keyhouse;
  const { accountId } = await house.user();
  const [key, asker] = [await house.key(accountId), await callerOf(house, (await house.key(accountId)).text)];
  const requests = async () => {
    await house.keyhouse.flush();
    return (await credentials.get('key', key.id))?.use.requests;
  };
  await oauth.introspect(asker, { ...QUESTION, text: key.text });
  expect(await requests()).toBe(1);
  await oauth.introspect(asker, { ...QUESTION, reportsUse: true, text: key.text });
  expect(await requests()).toBe(1);
});

it('tells an application about what was issued to it alone, its refresh tokens included', async () => {
  const house = await openHouse();
  const { oauth, sessions } = house.keyhouse;
  const user = await house.user();
  const application = await newApplication(house, user.accountId, { kind: 'confidential', absoluteSeconds: 3600 });
  const other = await clientOf(house, await newApplication(house, user.accountId, { kind: 'confidential' }));
  const client = await clientOf(house, application);
  const session = await openSession(house, { user, opened: await signIn(house, user), application });
  const key = await house.key(user.accountId);
  const exp = house.clock.now() / 1000 + 3600;
  expect(await oauth.introspectAsClient(client, session.refreshToken)).toMatchObject({
    ...{ active: true, kind: 'session', sid: session.id, sub: `user:${user.id}`, scope: 'invoices.read', exp },
  });
  expect(await oauth.introspectAsClient(client, session.jwt)).toMatchObject({ active: true, sid: session.id });
  for (const text of [session.refreshToken, session.jwt])
    expect(await oauth.introspectAsClient(other, text)).toEqual({ active: false });
  expect(await oauth.introspectAsClient(client, key.text)).toEqual({ active: false });
  house.clock.atMs += 3600 * 1000;
  expect(await oauth.introspectAsClient(client, session.refreshToken)).toEqual({ active: false });
  house.clock.atMs -= 1;
  await sessions.end({ id: session.id, userId: user.id, reason: 'revoked' }, { actor: 'operator', requestId: null, person: {} });
  expect(await oauth.introspectAsClient(client, session.refreshToken)).toEqual({ active: false });
});
