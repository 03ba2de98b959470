/** The words that server, guard and client share. Runs anywhere: no `node:` import, no state. */
export * from './addresses.ts';
export * from './authorization.ts';
export * from './base64url.ts';
export * from './change.ts';
export * from './claims.ts';
export * from './crc32.ts';
export * from './credential.ts';
export * from './json.ts';
export * from './jti.ts';
export * from './jws.ts';
export * from './jwt.ts';
export * from './outcome.ts';
export * from './path.ts';
export * from './permission.ts';
export * from './revocation-list.ts';
export * from './route.ts';
export * from './text.ts';
