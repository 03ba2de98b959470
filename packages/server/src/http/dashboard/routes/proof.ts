/** Proving again that it is still the same person, before sensitive actions. */
import { invalid } from '../../faults.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { refuseWherePasskeysAreNot } from './refuse.ts';
import { refuseProof, WRONG_PASSKEY } from './settle-sign-in.ts';

export function proofRoutes(serve: Serve, { keyhouse, url }: DashboardPorts): void {
  serve('POST /proof', async ({ body, signIn, by }) => {
    const proved = await keyhouse.signIns.proveWithPassword(signIn.user, signIn.id, body.password, by);
    if (proved !== true) throw refuseProof(proved, 'password');
  });
  serve('POST /proof/passkey/options', async ({ signIn }) => {
    refuseWherePasskeysAreNot(url);
    return await keyhouse.signIns.passkeyProofOptions(signIn.user);
  });
  serve('POST /proof/passkey', async ({ body, signIn, by }) => {
    refuseWherePasskeysAreNot(url);
    if (!(await keyhouse.signIns.proveWithPasskey(signIn.user, signIn.id, body.response, by)))
      throw invalid('response', WRONG_PASSKEY);
  });
}
