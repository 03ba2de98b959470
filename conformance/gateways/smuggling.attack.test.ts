/** Bytes that no client would send, through each gateway: what reaches the API was judged as it is, or nothing reaches it. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { haveVectors, NEEDS_VECTORS } from '../../packages/protocol/test/vectors.ts';
import { GATEWAYS, INGRESS_NGINX, isInstalled, needs } from './gateway.ts';
import { sendHttp2 } from './http2.ts';
import { faultsOf } from './judge.ts';
import { type Scene, startScene } from './scene.ts';
import { type Attempt, attempts, http2Attempts, LLHTTP, vectors } from './smuggling.ts';
import { ask, head, send } from './wire.ts';

/** At once through one gateway. */
const ABREAST = 24;
/** Some never end, and the gateway waits for the rest. */
const PATIENCE_MS = 1000;

describe.each([...GATEWAYS, INGRESS_NGINX])('$name', (gateway) => {
  describe.skipIf(!isInstalled(gateway))(`${needs(gateway)} attacked`, () => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await startScene(gateway);
    });
    afterAll(() => scene?.stop());

    /** Each is numbered, so that what reached the API can be told from the others. */
    async function tryAll<T extends { what: string }>(tries: readonly T[], send: (each: T, marker: string) => Promise<unknown>) {
      const from = scene.api.seen.length;
      const waiting = [...tries.entries()];
      const next = async (): Promise<void> => {
        for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) await send(each[1], String(each[0]));
      };
      await Promise.all(Array.from({ length: ABREAST }, next));
      const seen = scene.api.seen.slice(from);
      const judged = await Promise.all(seen.map((each) => faultsOf(each, scene.keyhouse.port)));
      const faults = judged.flatMap((found, index) => {
        const marker = seen[index]?.headers.find(([name]) => name.toLowerCase() === 'x-attempt')?.[1];
        return found.map((fault) => `${tries[Number(marker)]?.what ?? 'unknown'}: ${fault}`);
      });
      return { faults, reached: seen.length };
    }

    const overHttp1 = ({ bytes }: Attempt, marker: string): Promise<unknown> =>
      send(scene.gateway.port, bytes.replace('\r\n', `\r\nX-Attempt: ${marker}\r\n`), { patienceMs: PATIENCE_MS });

    it('lets nothing past that was not judged as what the API sees', async () => {
      const { faults, reached } = await tryAll(attempts(scene.reader.text), overHttp1);
      expect(faults).toEqual([]);
      // Much of it is harmless and allowed: the gateway did pass on what it could.
      expect(reached).toBeGreaterThan(50);
      expect((await ask(scene.gateway.port, 'GET /api/invoices', [`Authorization: Bearer ${scene.reader.text}`])).status).toBe(
        200,
      );
    });

    it('lets nothing past by HTTP/2 either', async () => {
      const { faults, reached } = await tryAll(http2Attempts(scene.reader.text), ({ fields, body }, marker) =>
        sendHttp2(scene.gateway.port, [...fields, ['x-attempt', marker]], body),
      );
      expect(faults).toEqual([]);
      expect(reached).toBeGreaterThan(20);
    });

    describe.skipIf(!haveVectors(LLHTTP))(NEEDS_VECTORS, () => {
      it('passes on no request of llhttp that two readers could part in two ways', async () => {
        const { text } = await scene.keyhouse.key(scene.accountId);
        const tries = vectors(text);
        expect(tries.length).toBeGreaterThan(100);
        expect((await tryAll(tries, overHttp1)).faults).toEqual([]);
      });

      it('keeps apart what comes on one connection', async () => {
        const { port } = scene.gateway;
        const bearer = `Authorization: Bearer ${scene.reader.text}`;
        const both = head('GET /api/invoices', [bearer]) + head('GET /api/services', [bearer]) + head('GET /api/invoices');
        const replies = await send(port, both, { answers: 3 });
        expect(replies.map(({ status }) => status)).toEqual([200, 403, 401]);
      });
    });
  });
});
