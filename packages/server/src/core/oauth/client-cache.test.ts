import { describe, expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { newApplication } from '../../../test/house-sessions.ts';
import { asUser, newTeam } from '../../../test/house-things.ts';
import { cacheClients } from './client-cache.ts';

/** A cache over the store; which client IDs it asked the store for. */
async function open() {
  const house = await openHouse();
  const state = { asked: [] as string[], afterRead: async () => {} };
  const findClient = async (clientId: string) => {
    state.asked.push(clientId);
    const found = await house.store.applications.findClient(clientId);
    await state.afterRead();
    return found;
  };
  const find = cacheClients({ findClient }, house.keyhouse.revocations.follower);
  const owner = await house.user();
  const team = await newTeam(house, owner);
  const application = await newApplication(house, team.id);
  const rename = async (name: string) => {
    const changed = await house.keyhouse.applications.update({ application, settings: { name } }, OPERATOR);
    if (!changed.ok) throw new Error(JSON.stringify(changed));
  };
  return { house, owner, team, state, find, application, rename };
}

describe('applications that asked lately', () => {
  it('are read once, until something of them changes: the settings, the owner, or that they exist', async () => {
    const { house, owner, team, state, find, application, rename } = await open();
    const { clientId } = application;
    await find(clientId);
    expect((await find(clientId))?.name).toBe('Ledger');
    expect(state.asked).toEqual([clientId]);
    await rename('Journal');
    expect((await find(clientId))?.name).toBe('Journal');
    // An act of this process is heard twice: at once, and when the list is read.
    await house.keyhouse.revocations.follower.poll();
    await find(clientId);
    expect(state.asked).toHaveLength(3);
    await house.keyhouse.teams.rename({ accountId: team.id, name: 'Boats', actorId: owner.id, by: asUser(owner) });
    await find(clientId);
    expect(state.asked).toHaveLength(4);
    await house.keyhouse.applications.delete(application, OPERATOR);
    expect(await find(clientId)).toBeNull();
  });

  it('are not remembered as they were before a change that came while they were read', async () => {
    const { state, find, application, rename } = await open();
    state.afterRead = async () => {
      state.afterRead = async () => {};
      await rename('Journal');
    };
    expect((await find(application.clientId))?.name).toBe('Ledger');
    expect((await find(application.clientId))?.name).toBe('Journal');
  });

  it('are looked for only under what can be a client ID, and again where there was none', async () => {
    const { state, find } = await open();
    for (const text of ['', 'user:7', 'app_', `app_${'0'.repeat(21)}!`, 'x'.repeat(10_000)]) expect(await find(text)).toBeNull();
    expect(state.asked).toEqual([]);
    const unknown = 'app_0123456789abcdefghijkl';
    expect([await find(unknown), await find(unknown)]).toEqual([null, null]);
    expect(state.asked).toEqual([unknown, unknown]);
  });
});
