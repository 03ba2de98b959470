/** Puts the migrations into the order in which they run. */
import { credentials } from './0001-credentials.ts';
import { dashboard } from './0002-dashboard.ts';
import { sessions } from './0003-sessions.ts';
import { routesByMethod } from './0004-routes-by-method.ts';
import { imports } from './0005-imports.ts';
import { guardUse } from './0006-guard-use.ts';
import { revocationEnds } from './0007-revocation-ends.ts';
import { narrowing } from './0008-narrowing.ts';
import { badgesAndOrigins } from './0009-badges-and-origins.ts';
import { twoStep } from './0010-two-step.ts';
import { verifiedEmailFirst } from './0011-verified-email-first.ts';
import { suspension } from './0012-suspension.ts';
import { mailLimits } from './0013-mail-limits.ts';
import { undoANarrowing } from './0014-undo-a-narrowing.ts';
import { newLimits } from './0015-new-limits.ts';
import { liveCredentials } from './0016-live-credentials.ts';
import { idTokenAlgorithm } from './0017-id-token-algorithm.ts';
import { home } from './0018-home.ts';
import { sweeps } from './0019-sweeps.ts';
import { pages } from './0020-pages.ts';
import type { Migration } from './migration.ts';

/** Every migration, oldest first. Append; never edit one that has landed. */
export const MIGRATIONS: readonly Migration[] = [
  credentials,
  dashboard,
  sessions,
  routesByMethod,
  imports,
  guardUse,
  revocationEnds,
  narrowing,
  badgesAndOrigins,
  twoStep,
  verifiedEmailFirst,
  suspension,
  mailLimits,
  undoANarrowing,
  newLimits,
  liveCredentials,
  idTokenAlgorithm,
  home,
  sweeps,
  pages,
];
