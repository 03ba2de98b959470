/** Events of a client's session, whatever caused them: this caller, another tab, the server. */
import type { Session } from './session.ts';

export interface ClientEvents {
  /** A user signed in, here or in another tab. */
  'signed-in': Session;
  /** There is a newer JWT; permissions may have changed. */
  refreshed: Session;
  /** The server has ended the session: revoked, disconnected, password changed, too old. */
  ended: undefined;
  /** The user signed out, here or in another tab. */
  'signed-out': undefined;
}

export interface Emitter {
  on<Name extends keyof ClientEvents>(event: Name, listener: (detail: ClientEvents[Name]) => void): () => void;
  emit<Name extends keyof ClientEvents>(event: Name, detail: ClientEvents[Name]): void;
}

export function createEmitter(): Emitter {
  const listeners = new Map<string, Set<(detail: never) => void>>();
  return {
    on: (event, listener) => {
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set.add(listener));
      return () => void set.delete(listener);
    },
    emit: (event, detail) => {
      for (const listener of listeners.get(event) ?? []) {
        try {
          listener(detail as never);
        } catch (error) {
          // An error of a listener is reported as an uncaught one, and does not stop the others.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
  };
}
