/**
 * Signs users in, holds a session that refreshes by itself, and calls an API with it. Runs in browsers, Node and workers, without
 * dependencies.
 */
export { type ApiKeyClient, type ApiKeyClientOptions, createApiKeyClient } from './api-key-client.ts';
export type { SignInOptions } from './authorization.ts';
export {
  type Client,
  type ClientOptions,
  createClient,
  type PopupOptions,
  type SignOutOptions,
  type UserInfo,
} from './client.ts';
export { KeyhouseError, type KeyhouseErrorCode } from './errors.ts';
export type { ClientEvents } from './events.ts';
export { inIndexedDb } from './indexed-db.ts';
export { inLocalStorage } from './local-storage.ts';
export type { Session } from './session.ts';
export { inMemory, type TokenStorage } from './storage.ts';
