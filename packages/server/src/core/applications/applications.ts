/**
 * Applications that people grant access to: registered by accounts, verified by the operator.
 *
 * Owns: their settings, secrets, keys, logos and badges. What they are granted, and the endpoints that they call, belong to
 * `oauth` and `sessions`.
 * Used by: `/dashboard/api/accounts/…/applications`, `/dashboard/api/operator/applications`, `keyhouse app`.
 */
import type { By } from '../audit/event.ts';
import type { Application, ApplicationsStore } from './application.ts';
import {
  type ApplicationChange,
  type ApplicationsPorts,
  type ApplicationWish,
  createApplication,
  deleteApplication,
  endClientSecretOverlap,
  rotateClientSecret,
  setFirstParty,
  updateApplication,
  verifyApplication,
} from './manage-applications.ts';

export type Applications = ReturnType<typeof bindApplications>;

export function bindApplications(ports: ApplicationsPorts) {
  const { applications, clock } = ports;
  return {
    find: (id: number): Promise<Application | null> => applications.findApplication(id),
    list: (filter: Omit<Parameters<ApplicationsStore['listApplications']>[0], 'nowMs'>) =>
      applications.listApplications({ ...filter, nowMs: clock.now() }),
    findLogo: (clientId: string) => applications.findLogo(clientId),
    create: (wish: ApplicationWish, by: By) => createApplication(ports, wish, by),
    update: (change: ApplicationChange, by: By) => updateApplication(ports, change, by),
    delete: (application: Application, by: By) => deleteApplication(ports, application, by),
    rotateSecret: (input: Parameters<typeof rotateClientSecret>[1], by: By) => rotateClientSecret(ports, input, by),
    endSecretOverlap: (application: Application, by: By) => endClientSecretOverlap(ports, application, by),
    verify: (application: Application, isVerified: boolean, by: By, seenMs?: number) =>
      verifyApplication(ports, application, isVerified, by, seenMs),
    setFirstParty: (application: Application, isFirstParty: boolean, by: By, seenMs?: number) =>
      setFirstParty(ports, application, isFirstParty, by, seenMs),
  };
}
