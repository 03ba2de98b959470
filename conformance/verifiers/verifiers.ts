/** Libraries that nobody here wrote, each as its own documents say, behind one question: whose claims are these, if they are good? */
import { execFile } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { JwtVerifier } from 'aws-jwt-verify';
import express from 'express';
import { auth } from 'express-oauth2-jwt-bearer';
import { createVerifier } from 'fast-jwt';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { PATIENCE_MS } from '../../test/patience.ts';

export type Algorithm = 'ES256' | 'RS256';

export interface Expected {
  readonly issuer: string;
  readonly audience: string;
  /** Where the operator has selected one. */
  readonly algorithm: Algorithm;
}

/** Resolves with the claims, rejects when the library does not take the JWT. */
export type Verify = (jwt: string) => Promise<Readonly<Record<string, unknown>>>;

export interface Verifier {
  readonly name: string;
  /** Null when it is not on this machine. */
  open(expected: Expected): Promise<Verify | null>;
}

type Jwks = { readonly keys: readonly (Readonly<Record<string, string>> & { readonly kid: string })[] };

const jwksOf = async (issuer: string): Promise<Jwks> =>
  (await (await fetch(new URL('/.well-known/jwks.json', issuer))).json()) as Jwks;

/** For libraries that want a key and find none by themselves. */
async function pemFor(issuer: string): Promise<(jwt: string) => string> {
  const { keys } = await jwksOf(issuer);
  return (jwt) => {
    const jwk = keys.find(({ kid }) => kid === decodeProtectedHeader(jwt).kid);
    if (jwk === undefined) throw new Error('No such key.');
    return createPublicKey({ key: { ...jwk }, format: 'jwk' })
      .export({ type: 'spki', format: 'pem' })
      .toString();
  };
}

const jose: Verifier = {
  name: 'jose',
  open: async ({ issuer, audience }) => {
    const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', issuer));
    return async (jwt) =>
      (await jwtVerify(jwt, keys, { issuer, audience, typ: 'at+jwt', requiredClaims: ['exp', 'jti'] })).payload;
  },
};

const fastJwt: Verifier = {
  name: 'fast-jwt',
  open: async ({ issuer, audience, algorithm }) => {
    const pem = await pemFor(issuer);
    return async (jwt) =>
      createVerifier({ key: pem(jwt), algorithms: [algorithm], allowedIss: issuer, allowedAud: audience, checkTyp: 'at+jwt' })(
        jwt,
      );
  },
};

const nodeJsonwebtoken: Verifier = {
  name: 'jsonwebtoken',
  open: async ({ issuer, audience, algorithm }) => {
    const pem = await pemFor(issuer);
    return async (jwt) => {
      const claims = jsonwebtoken.verify(jwt, pem(jwt), { algorithms: [algorithm], issuer, audience });
      if (typeof claims === 'string') throw new Error('No claims.');
      return claims;
    };
  },
};

const awsJwtVerify: Verifier = {
  name: 'aws-jwt-verify',
  open: async ({ issuer, audience }) => {
    // It fetches keys over HTTPS alone; here it is handed them.
    const verifier = JwtVerifier.create({ issuer, audience, jwksUri: 'https://keys.example/jwks.json' });
    verifier.cacheJwks((await jwksOf(issuer)) as unknown as Parameters<typeof verifier.cacheJwks>[0]);
    return async (jwt) => ({ ...verifier.verifySync(jwt) });
  },
};

/** Middleware, so it is asked through a server of its own; with the profile of RFC 9068 (`strict`). */
const expressJwtBearer: Verifier = {
  name: 'express-oauth2-jwt-bearer',
  open: async ({ issuer, audience, algorithm }) => {
    const app = express();
    const jwksUri = new URL('/.well-known/jwks.json', issuer).href;
    app.use(auth({ issuer, audience, jwksUri, strict: true, tokenSigningAlg: algorithm }));
    app.get('/', (request, response) => void response.json(request.auth?.payload));
    app.use(((error, _request, response, _next) => void response.sendStatus(error.status ?? 500)) as express.ErrorRequestHandler);
    const server = createServer(app).listen(0, '127.0.0.1');
    server.unref();
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    return async (jwt) => {
      const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { authorization: `Bearer ${jwt}` } });
      if (answer.status !== 200) throw new Error(`It answered ${answer.status}.`);
      return (await answer.json()) as Readonly<Record<string, unknown>>;
    };
  },
};

const run = promisify(execFile);
const SCRIPT = `${import.meta.dirname}/verify.py`;

/** Debian's packages belong to the system's Python, whichever comes first in the path. */
async function pythonWith(module: string): Promise<string | null> {
  for (const python of ['/usr/bin/python3', 'python3']) {
    const found = await run(python, ['-c', `import ${module}`]).then(
      () => true,
      () => false,
    );
    if (found) return python;
  }
  return null;
}

/** Its name says what it needs: it is skipped, and counted, where that is missing. */
const inPython = (name: string, library: 'pyjwt' | 'authlib', module: string): Verifier => ({
  name: `[needs ${name}] ${name}`,
  open: async ({ issuer, audience }) => {
    const python = await pythonWith(module);
    if (python === null) return null;
    const jwks = await jwksOf(issuer);
    return (jwt) => {
      const asked = run(python, [SCRIPT, library], { timeout: PATIENCE_MS });
      asked.child.stdin?.end(JSON.stringify({ jwt, jwks, issuer, audience }));
      return asked.then(({ stdout }) => JSON.parse(stdout));
    };
  },
});

export const VERIFIERS: readonly Verifier[] = [
  ...[jose, fastJwt, nodeJsonwebtoken, awsJwtVerify, expressJwtBearer],
  inPython('PyJWT', 'pyjwt', 'jwt'),
  inPython('Authlib', 'authlib', 'authlib.jose'),
];
