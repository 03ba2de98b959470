import { describe, expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { signIn } from '../../../test/house-sessions.ts';
import { asUser, mailsOf, userNow, verdictOf } from '../../../test/house-things.ts';

const NEW = 'four unrelated words';

describe('a new password on the operator’s order', () => {
  it('ends every sign-in in the same act, leaves keys and tokens that the user created, and is told by mail', async () => {
    const house = await openHouse();
    const { signIns, credentials } = house.keyhouse;
    const user = await house.user();
    const [one, other] = [await signIn(house, user), await signIn(house, user)];
    const key = await house.key(user.accountId);
    const wish = { accountId: user.accountId, userId: user.id, name: 'laptop', permissions: null, addresses: null } as const;
    const token = await credentials.createToken({ ...wish, expiresAtMs: null, source: 'dashboard' }, asUser(user));
    if (!token.ok) throw new Error(token.reason);
    const outcome = await signIns.resetPassword({ userId: user.id, password: NEW, by: OPERATOR });
    expect(outcome).toMatchObject({ ok: true, value: { id: user.id, passwordChangedAtMs: null } });
    expect([await signIns.find(one.secret), await signIns.find(other.secret)]).toEqual([null, null]);
    expect([await verdictOf(house, key.text), await verdictOf(house, token.value.text)]).toEqual(['ok', 'ok']);
    expect(await userNow(house, user)).toMatchObject({ passwordChangedAtMs: house.clock.now() });
    expect((await mailsOf(house)).at(-1)).toEqual({ kind: 'password-changed', to: user.email });
    const [event] = await house.store.audit.list({ userId: user.id, limit: 1 });
    expect(event).toMatchObject({ event: 'user.password_changed', actor: 'operator', accountId: user.accountId });
  });

  it('follows the same rules as any password, and changes nothing when it breaks one', async () => {
    const house = await openHouse();
    const { signIns, users } = house.keyhouse;
    const user = await house.user('countess@example.com');
    const { secret } = await signIn(house, user);
    const reset = async (userId: number, password: string) => {
      const outcome = await signIns.resetPassword({ userId, password, by: OPERATOR });
      return outcome.ok ? 'ok' : outcome.reason;
    };
    expect(await reset(999, NEW)).toBe('unknown_user');
    expect([await reset(user.id, 'short'), await reset(user.id, 'Countess-2026'), await reset(user.id, 'password1')]).toEqual([
      ...['too_short', 'personal', 'common'],
    ]);
    expect(await signIns.find(secret)).not.toBeNull();
    await users.disable({ userId: user.id, by: OPERATOR });
    expect(await reset(user.id, NEW)).toBe('ok');
    expect((await userNow(house, user)).disabledAtMs).not.toBeNull();
  });
});
