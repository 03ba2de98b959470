/** Client credentials: a client proves itself by HTTP Basic and gets a JWT. Nothing is stored. */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { SERVICE_SECRET } from '../flows/wish.ts';
import { answerJson, type Handler, readBody } from './answers.ts';
import { signJwt } from './sign-jwt.ts';

const JWT_SECONDS = 600;
const ISSUER = 'http://127.0.0.1:1';

export function createClientCredentials(): Handler {
  const hashes = new Map([['service', hash('sha256', SERVICE_SECRET, 'buffer')]]);
  return (request, response) => {
    const pair = Buffer.from((request.headers.authorization ?? '').slice('Basic '.length), 'base64').toString();
    const colon = pair.indexOf(':');
    const known = hashes.get(pair.slice(0, colon));
    if (known === undefined || !timingSafeEqual(known, hash('sha256', pair.slice(colon + 1), 'buffer')))
      return answerJson(response, 401, '{"error":"invalid_client"}');
    readBody(request, (body) => {
      const scope = new URLSearchParams(body.toString('latin1')).get('scope') ?? '';
      const issuedAt = Math.floor(Date.now() / 1000);
      const claims = {
        iss: ISSUER,
        aud: ISSUER,
        sub: 'app_0123456789abcdef',
        iat: issuedAt,
        exp: issuedAt + JWT_SECONDS,
        jti: randomBytes(16).toString('base64url'),
        client_id: 'app_0123456789abcdef',
        scope,
        permissions: scope.split(' '),
        account: 1,
        environment: 'live',
      };
      const answer = { access_token: signJwt(JSON.stringify(claims)), token_type: 'Bearer', expires_in: JWT_SECONDS, scope };
      answerJson(response, 200, JSON.stringify(answer));
    });
  };
}
