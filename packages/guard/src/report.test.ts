import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Ask, IssuerFault, type Question } from './ask.ts';
import type { Caller } from './caller.ts';
import { UsageReporter } from './report.ts';
import type { RefusalNote, Reporter } from './reporting.ts';

interface Body {
  readonly batch: string;
  readonly uses: readonly {
    subject: object;
    permissions: readonly string[];
    count: number;
    last_used_at: string;
    address: string;
  }[];
  readonly refusals: readonly { request_id: string; reason: string; subject: object | null }[];
  readonly counts: readonly { reason: string; count: number }[];
}

const caller = (id: number, change: Partial<Caller> = {}): Caller => ({
  ...{ kind: 'jwt', accountId: 12, userId: null, subject: 'account:12', credentialId: id, jti: `jti-${id}`, clientId: null },
  ...{ sessionId: null, scopes: [], permissions: ['invoices.read'], environment: 'live', addresses: null, issuedAtMs: 0 },
  expiresAtMs: null,
  ...change,
});
type Use = Parameters<Reporter['record']>;
const use = (
  of: Caller,
  { permissions = ['invoices.read'], ...where }: Partial<Use[2]> & { permissions?: readonly string[] } = {},
): Use => [of, permissions, { atMs: 1000, address: '203.0.113.7', userAgent: 'erp/2', ...where }];
const note = (of: Caller | null, requestId = 'r'): RefusalNote => ({
  ...{ requestId, atMs: 1000, status: 403, reason: 'forbidden', caller: of, method: 'GET', path: '/api', wanted: ['crm.read'] },
  ...{ presented: null, address: null, userAgent: null },
});

function setup(mode: 'stream' | 'poll' = 'stream') {
  const sent: Body[] = [];
  let answer: () => Promise<Response> = async () => new Response(null, { status: 204 });
  let clockMs = 0;
  const ask: Ask = (question: Question) => {
    sent.push(structuredClone(question.body) as Body);
    return answer();
  };
  const faults: unknown[] = [];
  const reporter = new UsageReporter({
    ...{ ask, nowMs: () => 5000, monotonicMs: () => clockMs, onFault: (error: unknown) => void faults.push(error), mode },
  });
  return {
    ...{ reporter, sent, faults },
    answerWith: (next: () => Promise<Response>) => {
      answer = next;
    },
    advance: (ms: number) => {
      clockMs += ms;
    },
  };
}

afterEach(() => void vi.useRealTimers());

describe('the report of a guard', () => {
  it('sums up by credential and permission, JWTs of one key together, with the last use', async () => {
    const { reporter, sent } = setup();
    const one = caller(55);
    reporter.record(...use(one));
    reporter.record(...use(one, { atMs: 3000, address: '198.51.100.9' }));
    reporter.record(...use(caller(55, { jti: 'another' }), { atMs: 2000 }));
    reporter.record(...use(one, { permissions: ['crm.read'] }));
    reporter.record(...use(one, { permissions: ['crm.read', 'crm.write'] }));
    reporter.record(...use(one, { permissions: [] }));
    await reporter.flush();
    expect(sent[0]?.uses.map(({ permissions, count }) => [permissions, count])).toEqual([
      [['invoices.read'], 3],
      [['crm.read'], 1],
      [['crm.read', 'crm.write'], 1],
      [[], 1],
    ]);
    expect(sent[0]?.uses[0]?.subject).toMatchObject({ kind: 'jwt', credential: 55, account: 12 });
    expect(reporter.metrics()).toMatchObject({ reported_uses_total: 6, dropped_uses_total: 0 });
    await reporter.close();
  });

  it('asks nothing while there is nothing to tell', async () => {
    const { reporter, sent } = setup();
    await reporter.flush();
    await reporter.close();
    expect(sent).toEqual([]);
  });

  it('sends every five seconds by itself, and keeps no process alive for it', async () => {
    vi.useFakeTimers();
    const { reporter, sent } = setup();
    reporter.record(...use(caller(1)));
    await vi.advanceTimersByTimeAsync(5000);
    expect(sent).toHaveLength(1);
    await reporter.close();
  });

  it('sends on the way of a request where no timer lives', async () => {
    const { reporter, sent, advance } = setup('poll');
    reporter.record(...use(caller(1)));
    expect(sent).toHaveLength(0);
    advance(5001);
    reporter.record(...use(caller(1)));
    expect(sent).toHaveLength(1);
    expect(sent[0]?.uses[0]?.count).toBe(2);
    await reporter.close();
  });

  it('sends at most a thousand uses at once, one batch after the other', async () => {
    const { reporter, sent } = setup();
    for (let id = 1; id <= 2500; id++) reporter.record(...use(caller(id)));
    await reporter.flush();
    expect(sent.map(({ uses }) => uses.length)).toEqual([1000, 1000, 500]);
    expect(new Set(sent.map(({ batch }) => batch)).size).toBe(3);
    await reporter.close();
  });

  it('has one request in flight, whoever asks', async () => {
    const { reporter, sent, answerWith } = setup();
    let release: (answer: Response) => void = () => {};
    answerWith(
      () =>
        new Promise((resolve) => {
          release = resolve;
        }),
    );
    reporter.record(...use(caller(1)));
    const both = [reporter.flush(), reporter.flush()];
    expect(sent).toHaveLength(1);
    release(new Response(null, { status: 204 }));
    await Promise.all(both);
    expect(sent).toHaveLength(1);
    await reporter.close();
  });

  it.each([
    ['503', new IssuerFault('/auth/usage: answered 503.', 503)],
    ['429', new IssuerFault('/auth/usage: answered 429.', 429)],
    ['a refused connection', new IssuerFault('/auth/usage: no answer (ECONNREFUSED).', null)],
  ])('adds back what surely was not taken: %s', async (_, fault) => {
    const { reporter, sent, answerWith, faults } = setup();
    answerWith(() => Promise.reject(fault));
    reporter.record(...use(caller(1)));
    for (let times = 0; times < 12; times++) reporter.refuse(note(caller(1), `r-${times}`));
    await reporter.flush();
    expect(faults).toEqual([fault]);
    reporter.record(...use(caller(1), { atMs: 4000 }));
    answerWith(async () => new Response(null, { status: 204 }));
    await reporter.flush();
    expect(sent[1]?.uses).toMatchObject([{ count: 2, last_used_at: new Date(4000).toISOString() }]);
    expect(sent[1]?.refusals).toHaveLength(10);
    expect(sent[1]?.counts).toEqual([{ reason: 'forbidden', count: 2 }]);
    await reporter.close();
  });

  it.each([
    ['a time-out', new IssuerFault('/auth/usage: no answer (TimeoutError).', null)],
    ['500', new IssuerFault('/auth/usage: answered 500.', 500)],
  ])('drops what may have been taken, so that nothing counts twice: %s', async (_, fault) => {
    const { reporter, sent, answerWith } = setup();
    answerWith(() => Promise.reject(fault));
    reporter.record(...use(caller(1)));
    await reporter.flush();
    answerWith(async () => new Response(null, { status: 204 }));
    await reporter.flush();
    expect(sent).toHaveLength(1);
    expect(reporter.metrics()).toMatchObject({ dropped_uses_total: 1 });
    await reporter.close();
  });

  it('tells ten refusals of one credential a minute one by one, the others by their reason', async () => {
    const { reporter, sent, advance } = setup();
    for (let times = 0; times < 15; times++) reporter.refuse(note(caller(1), `a-${times}`));
    for (let times = 0; times < 15; times++) reporter.refuse(note(null, `b-${times}`));
    advance(60_000);
    reporter.refuse(note(caller(1), 'later'));
    await reporter.flush();
    expect(sent[0]?.refusals).toHaveLength(21);
    expect(sent[0]?.refusals.at(-1)?.request_id).toBe('later');
    expect(sent[0]?.counts).toEqual([{ reason: 'forbidden', count: 10 }]);
    await reporter.close();
  });

  it('leaves room for known credentials, however many strangers knock', async () => {
    const { reporter, sent } = setup();
    for (let times = 0; times < 500; times++) {
      const presented = { kind: 'key', sha256: `digest-${times}` } as const;
      reporter.refuse({ ...note(null, `s-${times}`), reason: 'inactive', presented });
      reporter.refuse({ ...note(null, `m-${times}`), reason: 'missing' });
    }
    reporter.refuse(note(caller(1), 'known'));
    await reporter.flush();
    expect(sent[0]?.refusals.map(({ request_id: id }) => id)).toContain('known');
    expect(sent[0]?.refusals).toHaveLength(26);
    expect(sent[0]?.counts.reduce((sum, { count }) => sum + count, 0)).toBe(975);
    await reporter.close();
  });

  it('has an end in memory, and counts what is beyond it', async () => {
    const { reporter } = setup();
    for (let id = 1; id <= 50_010; id++) reporter.record(...use(caller(id)));
    expect(reporter.metrics()).toMatchObject({ dropped_uses_total: 10 });
    await reporter.close();
  });
});
