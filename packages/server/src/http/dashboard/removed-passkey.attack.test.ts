import { beforeAll, expect, it } from 'vitest';
import { type Ambush, startAmbush } from '../../../test/ambush.ts';
import { addPasskey, createAuthenticator } from '../../../test/authenticator.ts';
import { verified } from '../../../test/browser.ts';
import { eachDatabase } from '../../../test/databases.ts';
import { PASSWORD } from '../../../test/server.ts';

eachDatabase('a proof with a passkey', (makeDatabase) => {
  let ambush: Ambush;
  beforeAll(async () => {
    ambush = await startAmbush(await makeDatabase(), []);
    return () => ambush.server.stop();
  });

  it('proves nothing when the passkey is removed between the answer and the act', async () => {
    const { server } = ambush;
    const { browser } = await verified(server);
    const authenticator = createAuthenticator(server.url);
    expect(await addPasskey(browser, authenticator)).toBe(200);
    const { challenge } = (await browser.ask('/proof/passkey/options', { method: 'POST' })).json;
    const prove = () => browser.ask('/proof/passkey', { body: { response: authenticator.answer({ challenge }) } });
    ambush.beforeAct('user.proved_again', async () => {
      const removed = await browser.ask(`/me/passkeys/${authenticator.id}`, { method: 'DELETE' });
      expect(removed.status).toBe(204);
    });
    expect((await prove()).status).toBe(422);
    expect(ambush.isWaiting).toBe(false);
    // The password still proves it.
    expect((await browser.ask('/proof', { body: { password: PASSWORD } })).status).toBe(204);
  });
});
