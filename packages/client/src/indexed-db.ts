/**
 * IndexedDB: shared by the tabs and the workers of an origin, and kept after the browser is closed. What one has written the next
 * one reads.
 */
import { KeyhouseError } from './errors.ts';
import type { TokenStorage } from './storage.ts';
import { webLock } from './web-lock.ts';

interface IdbRequest<T> {
  readonly result: T;
  readonly error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}
interface IdbObjects {
  get(key: string): IdbRequest<unknown>;
  put(value: string, key: string): IdbRequest<unknown>;
  delete(key: string): IdbRequest<unknown>;
}
interface IdbDatabase {
  createObjectStore(name: string): unknown;
  transaction(
    store: string,
    mode: 'readonly' | 'readwrite',
    options: { durability: 'strict' },
  ): {
    readonly error: unknown;
    oncomplete: (() => void) | null;
    onabort: (() => void) | null;
    objectStore(name: string): IdbObjects;
  };
  close(): void;
  onversionchange: (() => void) | null;
}
interface IdbFactory {
  open(name: string, version: number): IdbRequest<IdbDatabase> & { onupgradeneeded: (() => void) | null };
}

const STORE = 'sessions';

/** `name`: of the database, and of the channel on which tabs notify each other of changes. */
export function inIndexedDb(name = 'keyhouse'): TokenStorage {
  const channel = new BroadcastChannel(name);
  let opened: Promise<IdbDatabase> | null = null;

  function open(): Promise<IdbDatabase> {
    opened ??= openDatabase(name).then(
      (database) => {
        // Another page wants to delete it: allow that.
        database.onversionchange = () => {
          database.close();
          opened = null;
        };
        return database;
      },
      (error) => {
        opened = null;
        throw error;
      },
    );
    return opened;
  }

  /** Once more with a new connection: Safari loses them in the background. */
  const run: typeof runOnce = (mode, act) =>
    runOnce(mode, act).catch(() => {
      opened = null;
      return runOnce(mode, act);
    });

  async function runOnce(mode: 'readonly' | 'readwrite', act: (objects: IdbObjects) => IdbRequest<unknown>): Promise<unknown> {
    const transaction = (await open()).transaction(STORE, mode, { durability: 'strict' });
    const request = act(transaction.objectStore(STORE));
    return await new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(failure(transaction.error));
    });
  }

  return {
    get: async (key) => {
      const value = await run('readonly', (objects) => objects.get(key));
      return typeof value === 'string' ? value : null;
    },
    set: async (key, value) => {
      await run('readwrite', (objects) => objects.put(value, key));
      channel.postMessage(key);
    },
    remove: async (key) => {
      await run('readwrite', (objects) => objects.delete(key));
      channel.postMessage(key);
    },
    lock: webLock,
    watch: (listener) => {
      const told = ({ data }: { data: unknown }) => listener(String(data));
      const events = channel as unknown as {
        addEventListener(type: 'message', listener: typeof told): void;
        removeEventListener(type: 'message', listener: typeof told): void;
      };
      events.addEventListener('message', told);
      return () => events.removeEventListener('message', told);
    },
  };
}

function openDatabase(name: string): Promise<IdbDatabase> {
  const { indexedDB } = globalThis as unknown as { indexedDB: IdbFactory };
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(failure(request.error));
  });
}

const failure = (cause: unknown): KeyhouseError =>
  new KeyhouseError('storage', 'The browser could not store or read the session.', { cause });
