/** The names of one's own user, and its deletion. */
import type { By } from '../audit/event.ts';
import type { User } from './account.ts';
import { circumstancesOf } from './circumstances.ts';
import type { UsersPorts } from './ports.ts';
import type { ProfileStore } from './profile.ts';
import { profileEvent, recipientOf } from './profile-event.ts';

type Ports = Pick<UsersPorts, 'profile' | 'compose' | 'clock'>;

interface Names {
  readonly displayName: string;
  readonly firstName: string;
  readonly lastName: string;
}

export const renameUser = (ports: Ports, user: User, names: Names, by: By): Promise<boolean> => {
  const nowMs = ports.clock.now();
  const event = profileEvent(by, nowMs, 'user.renamed', user);
  return ports.profile.renameUser({ userId: user.id, ...names, nowMs, event });
};

/** The event stays; whose it was is deleted with the user's personal data. */
export function deleteUser(ports: Ports, user: User, by: By): ReturnType<ProfileStore['deleteUser']> {
  const nowMs = ports.clock.now();
  const mails = [ports.compose('user-deleted', recipientOf(user), circumstancesOf(by, nowMs))];
  const event = profileEvent({ ...by, person: {} }, nowMs, 'user.deleted', user, { mails });
  return ports.profile.deleteUser({ userId: user.id, nowMs, event });
}
