/** Unusual states of the store: a database that is not migrated, a store that was closed, text that PostgreSQL cannot hold. */
import { expect, it } from 'vitest';
import { eachDatabase } from '../../test/databases.ts';
import type { EventDraft } from '../core/audit/event.ts';
import { StoreUnavailable } from '../core/unavailable.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { openStore, pendingMigrations } from './open.ts';

const event = (more: Partial<EventDraft>): EventDraft => ({
  event: 'request.refused',
  atMs: 1,
  by: { actor: 'anonymous', requestId: null, person: {} },
  ...more,
});

eachDatabase('the store at its edges', (makeDatabase) => {
  it('does not open a database that lacks a migration when it may only check, and applies each one once', async () => {
    const { url, open } = await makeDatabase();
    const all = MIGRATIONS.map(({ name }) => name);
    const check = () => openStore({ url, migrations: 'check', onWarning: () => {} });
    await expect(check()).rejects.toThrow(`Migrations are missing in the database: ${all.join(', ')}. Run 'keyhouse migrate'`);
    expect((await pendingMigrations(url)).map(({ name }) => name)).toEqual(all);
    expect((await open()).applied).toEqual(all);
    expect((await open()).applied).toEqual([]);
    expect(await pendingMigrations(url)).toEqual([]);
    await (await check()).close();
  });

  it('says that it is unavailable once it is closed, and nothing else', async () => {
    const store = await (await makeDatabase()).open();
    await store.close();
    await expect(store.check()).rejects.toThrow(StoreUnavailable);
    await expect(store.changes.changesAfter(0, 1)).rejects.toThrow(StoreUnavailable);
    await expect(store.accounts.findUser(1)).rejects.toThrow(StoreUnavailable);
    await expect(store.audit.record({ events: [event({})] })).rejects.toThrow(StoreUnavailable);
  });

  it('keeps any text of strangers in details and persons, NUL and half a surrogate pair included', async () => {
    const store = await (await makeDatabase()).open();
    const strange = 'a\u0000b\ud800c';
    const person = { address: '::1', userAgent: strange };
    await store.audit.record({
      events: [event({ by: { actor: 'anonymous', requestId: null, person }, details: { lacking: strange } })],
    });
    const [kept] = await store.audit.list({ limit: 1 });
    expect(kept?.person).toEqual(person);
    expect(JSON.parse(kept?.details ?? '')).toEqual({ lacking: strange });
  });

  it('leaves nothing of an act that fails at its very end, when its event is written', async () => {
    const store = await (await makeDatabase()).open();
    const { position } = await store.changes.activeRevocations(0);
    const unwritable = event({ event: 'permission.catalogue_set', details: { count: 1n as unknown as number } });
    const permissions = [{ name: 'invoices.read', sentence: 'See invoices.', isGrantable: true, isSensitive: false }];
    await expect(store.permissions.setPermissions({ permissions, event: unwritable })).rejects.toThrow();
    expect(await store.permissions.listPermissions()).toEqual([]);
    expect(await store.audit.list({ limit: 1 })).toEqual([]);
    expect((await store.changes.activeRevocations(0)).position).toBe(position);
  });
});
