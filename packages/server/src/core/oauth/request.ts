/**
 * An authorization request that was checked (RFC 6749 §4.1.1), and how it waits for a user: sealed into the address of the page,
 * and stored nowhere, so that nobody can fill a table with requests. The browser carries it and can neither read nor change it.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { MasterSecret } from '../lib/master-secret.ts';
import { open, seal } from '../lib/seal.ts';

export interface AuthorizationRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  /** Whether the request named it: then the redemption must, too (RFC 6749 §4.1.3). */
  readonly isRedirectUriNamed: boolean;
  readonly state: string | null;
  readonly nonce: string | null;
  /** S256 (RFC 7636). */
  readonly challenge: string;
  readonly permissions: readonly string[];
  readonly scopes: readonly string[];
  /** OpenID Connect Core §3.1.2.1. */
  readonly prompt: readonly Prompt[];
  readonly maxAgeSeconds: number | null;
  readonly loginHint: string | null;
  /** From `id_token_hint`: it is about this user and no other. */
  readonly hintedUserId: number | null;
  readonly atMs: number;
}

export const PROMPTS = ['none', 'login', 'consent', 'select_account', 'create'] as const;
export type Prompt = (typeof PROMPTS)[number];

const SEAL_NAME = 'authorization-request';
/** The user may register in the meantime, and look for a code on another device. */
const WAITS_FOR_MS = 60 * 60 * 1000;

/** Letters of base64url and dots. */
export function sealRequest(secret: MasterSecret, request: AuthorizationRequest): string {
  const json = Buffer.from(JSON.stringify(request));
  return seal(secret, SEAL_NAME, json.length < LONG_BYTES ? json : Buffer.concat([COMPRESSED, deflateRawSync(json)]));
}

/**
 * Longer ones are compressed: a `state` is often base64url, which sealing makes a third longer, and proxies accept lines of 8 kB.
 */
const LONG_BYTES = 2048;
/** Much more than was ever sealed. */
const MAX_BYTES = 262_144;
/** The first byte of compressed text; JSON never begins with it. */
const COMPRESSED = Buffer.of(0);

const jsonOf = (bytes: Buffer): Buffer =>
  bytes[0] === COMPRESSED[0] ? inflateRawSync(bytes.subarray(1), { maxOutputLength: MAX_BYTES }) : bytes;

/** Null if it is not ours, or has waited for more than an hour. */
export function openRequest(secrets: readonly MasterSecret[], text: string, nowMs: number): AuthorizationRequest | null {
  const opened = open(secrets, SEAL_NAME, text);
  if (!opened.ok) return null;
  const request = JSON.parse(jsonOf(opened.value).toString('utf8')) as AuthorizationRequest;
  return nowMs - request.atMs > WAITS_FOR_MS ? null : request;
}
