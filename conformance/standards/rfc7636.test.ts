/** Proof Key for Code Exchange. */
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { newPkce } from '../../packages/server/test/applications.ts';
import { errorOf, openScene, type Scene } from './scene.ts';

const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');

describe('RFC 7636', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
    return () => scene.stop();
  });

  it('wants a challenge of everybody, confidential clients too', async () => {
    for (const client of [scene.spa, scene.web])
      expect((await scene.ask(client, { code_challenge: null, code_challenge_method: null })).answer.get('error')).toBe(
        'invalid_request',
      );
  });

  it('takes S256 and neither plain nor what would mean plain', async () => {
    const { verifier } = newPkce();
    for (const method of ['plain', 's256', 'S512', null]) {
      const { answer } = await scene.ask(scene.spa, { code_challenge: verifier, code_challenge_method: method });
      expect([answer.get('error'), answer.get('error_description')]).toEqual([
        'invalid_request',
        expect.stringContaining('S256'),
      ]);
    }
  });

  it('refuses a challenge that is no SHA-256 in base64url', async () => {
    for (const challenge of ['short', `${newPkce().challenge}=`, `${'a'.repeat(42)}+`, 'a'.repeat(44)])
      expect((await scene.ask(scene.spa, { code_challenge: challenge })).answer.get('error')).toBe('invalid_request');
  });

  it('redeems a code for the verifier of its request, at its shortest and at its longest', async () => {
    for (const verifier of ['a'.repeat(43), `${'Az09-._~'.repeat(16)}`]) {
      const asked = await scene.ask(scene.spa, { code_challenge: challengeOf(verifier) });
      expect((await scene.redeem(scene.spa, asked, { code_verifier: verifier })).status).toBe(200);
    }
  });

  it('refuses another verifier, the challenge itself, and none at all, for confidential clients too', async () => {
    for (const client of [scene.spa, scene.web]) {
      const asked = await scene.ask(client);
      for (const verifier of [newPkce().verifier, asked.pkce.challenge])
        expect(errorOf(await scene.redeem(client, asked, { code_verifier: verifier }))).toEqual([400, 'invalid_grant']);
      expect(errorOf(await scene.redeem(client, asked, { code_verifier: '' }))).toEqual([400, 'invalid_request']);
      expect((await scene.redeem(client, asked)).status).toBe(200);
    }
  });

  it('refuses a verifier that is shorter, longer or of other letters than the standard says', async () => {
    for (const verifier of ['a'.repeat(42), 'a'.repeat(129), `${'a'.repeat(43)}+`, `${'a'.repeat(43)}ä`]) {
      const asked = await scene.ask(scene.spa, { code_challenge: challengeOf(verifier) });
      expect(errorOf(await scene.redeem(scene.spa, asked, { code_verifier: verifier }))).toEqual([400, 'invalid_grant']);
    }
  });
});
