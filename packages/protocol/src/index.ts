/** The words that server, guard and client share. Runs anywhere: no `node:` import, no dependency, no state. */
export * from './authorization.ts';
export * from './base64url.ts';
export * from './crc32.ts';
export * from './credential.ts';
export * from './json.ts';
export * from './path.ts';
export * from './permission.ts';
export * from './route.ts';
export * from './text.ts';
