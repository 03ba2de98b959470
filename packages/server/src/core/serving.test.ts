import { describe, expect, it } from 'vitest';
import { OPERATOR, openHouse, SECRET } from '../../test/house.ts';
import { happened } from './audit/event.ts';
import { DAY_MS, HOUR_MS } from './lib/clock.ts';
import { MasterSecret } from './lib/master-secret.ts';
import { createReloader, dailyReminders } from './serving.ts';

describe('the reloader', () => {
  function open() {
    const state = { read: [] as string[], isAway: false, hasImports: false, onRead: () => {} };
    const read = (what: string) => async (): Promise<void> => {
      if (state.isAway) throw new Error('away');
      state.read.push(what);
      state.onRead();
    };
    const reloader = createReloader({
      signingKeys: { reload: read('signing keys') },
      permissions: { load: read('permissions') },
      branding: { load: read('branding') },
      hasImports: async () => state.hasImports,
    });
    return { state, reloader };
  }

  it('reads everything again once it was asked to, and nothing otherwise', async () => {
    const { state, reloader } = open();
    await reloader.run();
    expect(state.read).toEqual([]);
    reloader.ask();
    reloader.ask();
    await reloader.run();
    await reloader.run();
    expect(state.read).toEqual(['signing keys', 'permissions', 'branding']);
  });

  it('tries again while it cannot read, and reads again what changed while it was reading', async () => {
    const { state, reloader } = open();
    reloader.ask();
    state.isAway = true;
    await expect(reloader.run()).rejects.toThrow('away');
    state.isAway = false;
    state.onRead = () => {
      reloader.ask();
      state.onRead = () => {};
    };
    await reloader.run();
    expect(state.read).toHaveLength(3);
    await reloader.run();
    expect(state.read).toHaveLength(6);
    await reloader.run();
    expect(state.read).toHaveLength(6);
  });

  it('knows of imports as soon as it hears of them, and never forgets them', async () => {
    const { state, reloader } = open();
    await reloader.lookForImports();
    expect(reloader.hasImports()).toBe(false);
    state.hasImports = true;
    await reloader.lookForImports();
    state.hasImports = false;
    await reloader.lookForImports();
    expect(reloader.hasImports()).toBe(true);
    const other = open().reloader;
    other.noteImports();
    expect(other.hasImports()).toBe(true);
  });
});

describe('reminders', () => {
  async function open() {
    const { store, clock } = await openHouse();
    const state = { runs: 0, isAway: false };
    const server = (holder: string) =>
      dailyReminders({
        ...{ leases: store.leases, holder, clock, log: { info: () => {}, warn: () => {}, error: () => {} } },
        use: {
          remindPeople: async () => {
            if (state.isAway) throw new Error('away');
            state.runs += 1;
            return 0;
          },
        },
      });
    return { clock, state, server };
  }

  it('are sent once a day, by one of the servers, however often they ask', async () => {
    const { clock, state, server } = await open();
    const [one, other] = [server('one'), server('other')];
    for (let hour = 0; hour < 24; hour++) {
      await one();
      await other();
      expect(state.runs, `${hour}`).toBe(1);
      clock.atMs += HOUR_MS;
    }
    await other();
    await one();
    expect(state.runs).toBe(2);
  });

  it('are sent by the next server when the first one is gone, and an hour later when sending failed', async () => {
    const { clock, state, server } = await open();
    await server('gone')();
    clock.atMs += DAY_MS;
    const next = server('next');
    state.isAway = true;
    await expect(next()).rejects.toThrow('away');
    state.isAway = false;
    clock.atMs += HOUR_MS;
    await next();
    expect(state.runs).toBe(2);
  });
});

describe('a server that runs', () => {
  it('reads the catalogue again when another process has changed it', async () => {
    const house = await openHouse();
    const { permissions } = house.keyhouse;
    const catalogue = [{ name: 'invoices.read', sentence: 'See invoices', isGrantable: false, isSensitive: false }];
    const event = happened(OPERATOR, house.clock.now(), 'permission.catalogue_set');
    await house.store.permissions.setPermissions({ permissions: catalogue, event });
    await house.keyhouse.revocations.follower.poll();
    await expect.poll(() => permissions.exists('other.read'), { interval: 5 }).toBe(false);
    expect(permissions.exists('invoices.read')).toBe(true);
    expect(house.logged).toEqual([]);
  });

  it('says that it must be started with the new master secret when that was rotated', async () => {
    const house = await openHouse();
    const to = new MasterSecret('another master secret for the tests, long enough');
    const rotated = await house.keyhouse.signingKeys.rotateMasterSecret({ from: SECRET, to, by: OPERATOR });
    expect(rotated.ok).toBe(true);
    await house.keyhouse.revocations.follower.poll();
    expect(house.logged).toContain('The master secret was rotated. Start this server with the new one. {}');
  });
});
