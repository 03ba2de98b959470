/** A key or a token that was checked a moment ago, checked over HTTP. */
import { measureInTurn, type Subject } from '../measure.ts';
import { mainSize, quick, rounds, timing } from '../options.ts';
import { addFigures, figuresOf, judgeAdvantage, judgeRatio } from '../report.ts';
import { prepareDatabase, type Server, startBetterAuth, startFloor, startKeyhouse, startSkeleton } from '../servers.ts';

const WORK = 'check, cached';
/** The same ones again and again. */
export const FEW = 100;

export async function benchCached(): Promise<void> {
  const few = { kind: 'key' as const, rows: FEW };
  const subjects = [
    ...(quick ? [] : [checkSubject('floor', await startFloor(), few)]),
    checkSubject('skeleton', await startSkeleton('check-cached', prepareDatabase('skeleton', 'key', mainSize)), few),
    checkSubject('key', await startKeyhouse('key', 'key', mainSize), few),
    checkSubject('token', await startKeyhouse('token', 'token', mainSize), { ...few, kind: 'token' }),
    checkSubject('better-auth', await startBetterAuth(mainSize), few),
  ];
  addFigures(WORK, subjects, await measureInTurn(subjects, rounds));
  judgeRatio('key, cached ÷ skeleton', WORK, ['key', 'skeleton']);
  judgeRatio('token, cached ÷ skeleton', WORK, ['token', 'skeleton']);
  judgeAdvantage('key, cached × better-auth', figuresOf(WORK, 'key'), figuresOf(WORK, 'better-auth'));
}

interface Presented {
  readonly kind: 'key' | 'token';
  readonly rows: number;
}

export const checkSubject = (name: string, { pid, port }: Server, credential: Presented, length = timing): Subject => ({
  name,
  pid,
  orders: { connections: 64, ...length, method: 'GET', port, path: '/verify/api/invoices', credential },
});
