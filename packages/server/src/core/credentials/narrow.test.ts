import { describe, expect, it } from 'vitest';
import { type House, OPERATOR, openHouse } from '../../../test/house.ts';
import { asUser, mailsOf, mintFrom, verdictOf } from '../../../test/house-things.ts';
import { DAY_MS } from '../lib/clock.ts';
import { UNDO_LASTS_MS } from './undo-narrowing.ts';

const BOTH = ['invoices.read', 'invoices.write'];

async function narrowed(house: House, held: Parameters<House['key']>[1] = { permissions: BOTH }) {
  const user = await house.user();
  const key = await house.key(user.accountId, held);
  const narrow = (wanted: { permissions?: readonly string[] | null; addresses?: readonly string[] | null }, by = asUser(user)) =>
    house.keyhouse.credentials.narrow({ kind: 'key', id: key.id, ...wanted }, by);
  const undo = (by = asUser(user)) =>
    house.keyhouse.credentials.undoNarrowing(
      {
        owned: { kind: 'key', id: key.id, accountId: user.accountId },
        credential: { kind: 'key', name: 'key', accountId: user.accountId, userId: null },
      },
      by,
    );
  const holds = async () => {
    const credential = await house.keyhouse.credentials.get('key', key.id);
    return { permissions: credential?.permissions, addresses: credential?.addresses };
  };
  return { user, key, narrow, undo, holds };
}

describe('narrowing', () => {
  it('takes permissions away, and with them the JWTs that hold more than what is left', async () => {
    const house = await openHouse();
    const { user, key, narrow, holds } = await narrowed(house);
    const [reads, writes] = [
      await mintFrom(house, key.text, { permissions: ['invoices.read'] }),
      await mintFrom(house, key.text, { permissions: BOTH }),
    ];
    expect(await narrow({ permissions: ['invoices.read'] })).toMatchObject({
      ok: true,
      value: { permissions: ['invoices.read'] },
    });
    expect(await holds()).toEqual({ permissions: ['invoices.read'], addresses: null });
    expect(await verdictOf(house, key.text)).toBe('ok');
    expect(await verdictOf(house, reads.text)).toBe('ok');
    expect(await verdictOf(house, writes.text)).toBe('revoked');
    const [event] = await house.store.audit.list({ credentialId: key.id, limit: 1 });
    expect(event).toMatchObject({ event: 'key.narrowed', actor: `user:${user.id}`, accountId: user.accountId });
    expect(JSON.parse(event?.details ?? '')).toEqual({ permissions: ['invoices.read'], addresses: null });
  });

  it('lets requests come from fewer addresses', async () => {
    const house = await openHouse();
    const { key, narrow } = await narrowed(house, { permissions: BOTH, addresses: ['203.0.113.0/24'] });
    expect(await verdictOf(house, key.text, '203.0.113.200')).toBe('ok');
    expect((await narrow({ addresses: ['203.0.113.0/25'] })).ok).toBe(true);
    expect(await verdictOf(house, key.text, '203.0.113.200')).toBe('address_not_allowed');
    expect(await verdictOf(house, key.text, '203.0.113.7')).toBe('ok');
  });

  it('ends every JWT when the addresses change', async () => {
    const house = await openHouse();
    const { key, narrow } = await narrowed(house);
    const jwt = await mintFrom(house, key.text);
    expect((await narrow({ addresses: ['203.0.113.7'] })).ok).toBe(true);
    expect(await verdictOf(house, jwt.text, '203.0.113.7')).toBe('revoked');
  });

  it('never adds a permission or an address, and says which of both would have grown', async () => {
    const house = await openHouse();
    const { narrow, holds } = await narrowed(house, { permissions: ['invoices.read'], addresses: ['203.0.113.0/24'] });
    const fieldsOf = async (wanted: Parameters<typeof narrow>[0]) => {
      const outcome = await narrow(wanted);
      return outcome.ok ? 'ok' : [outcome.reason, ...(outcome.faults ?? []).map(({ field }) => field)];
    };
    expect(await fieldsOf({ permissions: BOTH })).toEqual(['wider', 'permissions']);
    expect(await fieldsOf({ permissions: null })).toEqual(['wider', 'permissions']);
    expect(await fieldsOf({ permissions: ['*.read'] })).toEqual(['wider', 'permissions']);
    expect(await fieldsOf({ addresses: ['203.0.112.0/23'] })).toEqual(['wider', 'addresses']);
    expect(await fieldsOf({ addresses: null })).toEqual(['wider', 'addresses']);
    expect(await fieldsOf({ permissions: null, addresses: null })).toEqual(['wider', 'permissions', 'addresses']);
    expect(await fieldsOf({ permissions: [] })).toEqual(['invalid', 'permissions']);
    expect(await fieldsOf({ addresses: ['here'] })).toEqual(['invalid', 'addresses']);
    expect(await holds()).toEqual({ permissions: ['invoices.read'], addresses: ['203.0.113.0/24'] });
    expect((await house.events()).includes('key.narrowed')).toBe(false);
  });

  it('keeps a permission that the key holds though the catalogue names it no longer', async () => {
    const house = await openHouse();
    const { narrow } = await narrowed(house);
    const catalogue = [{ name: 'reports.read', sentence: 'See reports', isGrantable: false, isSensitive: false }];
    await house.keyhouse.permissions.setCatalogue({ catalogue, by: OPERATOR });
    expect((await narrow({ permissions: ['invoices.read'] })).ok).toBe(true);
  });

  it('finds nothing of another kind, nor what was revoked', async () => {
    const house = await openHouse();
    const { user, key, narrow } = await narrowed(house);
    const { credentials } = house.keyhouse;
    expect(await credentials.narrow({ kind: 'token', id: key.id, permissions: ['invoices.read'] }, OPERATOR)).toEqual({
      ...{ ok: false, reason: 'not_found' },
    });
    await credentials.revoke({ kind: 'key', id: key.id, accountId: user.accountId }, OPERATOR);
    expect(await narrow({ permissions: ['invoices.read'] })).toEqual({ ok: false, reason: 'not_found' });
  });

  it('lets one of two who narrow at once win, and tells the other to look again', async () => {
    const house = await openHouse();
    const { narrow, holds } = await narrowed(house);
    const outcomes = await Promise.all([narrow({ permissions: ['invoices.read'] }), narrow({ permissions: ['invoices.write'] })]);
    expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.reason))).toEqual(['ok', 'changed']);
    expect(await holds()).toEqual({ permissions: ['invoices.read'], addresses: null });
  });
});

describe('undoing a narrowing', () => {
  it('gives back exactly what there was, once, tells by mail, and leaves the JWTs revoked', async () => {
    const house = await openHouse();
    const { user, key, narrow, undo, holds } = await narrowed(house, { permissions: BOTH, addresses: null });
    const jwt = await mintFrom(house, key.text, { permissions: BOTH });
    await narrow({ permissions: ['invoices.read'], addresses: ['203.0.113.7'] });
    expect(await house.keyhouse.credentials.findUndo(key.id)).toEqual({
      ...{ permissions: BOTH, addresses: null },
      ...{ narrowedAtMs: house.clock.now(), endsAtMs: house.clock.now() + UNDO_LASTS_MS },
    });
    expect(await undo()).toEqual({ ok: true, value: null });
    expect(await holds()).toEqual({ permissions: BOTH, addresses: null });
    expect(await verdictOf(house, jwt.text)).toBe('revoked');
    expect((await house.events(user.accountId))[0]).toBe('key.narrowing_undone');
    expect((await mailsOf(house)).at(-1)).toEqual({ kind: 'narrowing-undone', to: user.email });
    expect(await undo()).toEqual({ ok: false, reason: 'gone' });
    expect(await house.keyhouse.credentials.findUndo(key.id)).toBeNull();
  });

  it('is possible for a day and not a millisecond longer', async () => {
    const house = await openHouse();
    const [inTime, late] = [await narrowed(house), await narrowed(house)];
    await inTime.narrow({ permissions: ['invoices.read'] });
    await late.narrow({ permissions: ['invoices.read'] });
    house.clock.atMs += DAY_MS - 1;
    expect(await inTime.undo()).toEqual({ ok: true, value: null });
    house.clock.atMs += 1;
    expect(await house.keyhouse.credentials.findUndo(late.key.id)).toBeNull();
    expect(await late.undo()).toEqual({ ok: false, reason: 'gone' });
    expect(await late.holds()).toEqual({ permissions: ['invoices.read'], addresses: null });
  });

  it('undoes neither what the operator narrowed, nor anything that was narrowed before that', async () => {
    const house = await openHouse();
    const { narrow, undo, holds } = await narrowed(house, { permissions: ['a.read', 'b.read', 'c.read'] });
    await narrow({ permissions: ['a.read', 'b.read'] });
    await narrow({ permissions: ['a.read'] }, OPERATOR);
    expect(await undo()).toEqual({ ok: false, reason: 'gone' });
    expect(await holds()).toEqual({ permissions: ['a.read'], addresses: null });
  });

  it('undoes the newest of two narrowings, and not the one before it', async () => {
    const house = await openHouse();
    const { narrow, undo, holds } = await narrowed(house, { permissions: ['a.read', 'b.read', 'c.read'] });
    await narrow({ permissions: ['a.read', 'b.read'] });
    await narrow({ permissions: ['a.read'] });
    expect(await undo()).toEqual({ ok: true, value: null });
    expect(await holds()).toEqual({ permissions: ['a.read', 'b.read'], addresses: null });
    expect(await undo()).toEqual({ ok: false, reason: 'gone' });
  });

  it('leaves what can be undone as it is when a user narrows to what is left already, and ends it when the operator does', async () => {
    const house = await openHouse();
    const [ofUser, ofOperator] = [await narrowed(house), await narrowed(house)];
    await ofUser.narrow({ permissions: ['invoices.read'] });
    await ofOperator.narrow({ permissions: ['invoices.read'] });
    expect((await ofUser.narrow({ permissions: ['invoices.read'] })).ok).toBe(true);
    expect((await ofOperator.narrow({ permissions: ['invoices.read'] }, OPERATOR)).ok).toBe(true);
    expect(await ofUser.undo()).toEqual({ ok: true, value: null });
    expect(await ofUser.holds()).toEqual({ permissions: BOTH, addresses: null });
    expect(await ofOperator.undo()).toEqual({ ok: false, reason: 'gone' });
  });

  it('works once when two ask at once, not for another account, and not after the key was revoked', async () => {
    const house = await openHouse();
    const { credentials } = house.keyhouse;
    const [first, revoked] = [await narrowed(house), await narrowed(house)];
    await first.narrow({ permissions: ['invoices.read'] });
    await revoked.narrow({ permissions: ['invoices.read'] });
    const stranger = await house.user();
    const credential = { kind: 'key', name: 'key', accountId: first.user.accountId, userId: null } as const;
    const foreign = { kind: 'key', id: first.key.id, accountId: stranger.accountId } as const;
    expect(await credentials.undoNarrowing({ owned: foreign, credential }, asUser(stranger))).toEqual({
      ok: false,
      reason: 'gone',
    });
    const outcomes = await Promise.all([first.undo(), first.undo()]);
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false]);
    await credentials.revoke({ kind: 'key', id: revoked.key.id, accountId: revoked.user.accountId }, OPERATOR);
    expect(await revoked.undo()).toEqual({ ok: false, reason: 'gone' });
  });
});
