/**
 * Signing in with another OpenID provider, giving a proof with it that it is still the same person, and linking it.
 *
 * Owns: the way there and back, and what happens to an identity that is used for the first time (`adopt.ts`). The providers
 * themselves are ports (`src/providers`), configured by the operator.
 * Used by: `/login/provider/…`, `/dashboard/api/log-in/…`.
 */

import type { Ending } from '../sign-ins/ending.ts';
import { findFirstProof } from './adopt.ts';
import type { Provider, ProviderPorts } from './provider.ts';
import { finishProviderSignIn, signInWithFirstProof, startProviderSignIn } from './provider-sign-in.ts';

export interface WaitingFirstProof {
  readonly email: string;
  /** The name that users see. */
  readonly provider: string;
  readonly ending: Ending;
  /** It ends too. */
  readonly hasPassword: boolean;
}

export type Providers = ReturnType<typeof bindProviders>;

export function bindProviders(ports: ProviderPorts) {
  return {
    /** Those that users may sign in with. */
    list: ports.providers as readonly Provider[],
    start: (input: Parameters<typeof startProviderSignIn>[1]) => startProviderSignIn(ports, input),
    finish: (input: Parameters<typeof finishProviderSignIn>[1]) => finishProviderSignIn(ports, input),
    waitingFirstProof: (step: string | null) => waitingFirstProof(ports, step),
    signInWithFirstProof: (input: Parameters<typeof signInWithFirstProof>[1]) => signInWithFirstProof(ports, input),
  };
}

/** The first verification that waits to be confirmed, and what it would end; null if none waits. */
async function waitingFirstProof(ports: ProviderPorts, step: string | null): Promise<WaitingFirstProof | null> {
  const found = step === null ? null : await findFirstProof(ports, step);
  if (found === null) return null;
  const { user, provider } = found;
  const [ending, passwordHash] = await Promise.all([
    ports.profile.readEnding({ userId: user.id, all: true, nowMs: ports.clock.now() }),
    ports.profile.findPasswordHash(user.id),
  ]);
  return { email: user.email, provider: provider.name, ending, hasPassword: passwordHash !== null };
}
