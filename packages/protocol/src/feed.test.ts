import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FEED_KINDS,
  type FeedMessage,
  type FeedRevocation,
  formatFeedMessage,
  formatFeedSignature,
  formatPosition,
  isSignatureOf,
  parsePosition,
  readFeedMessage,
  readFeedSignature,
} from './feed.ts';

const EPOCH = '0123456789abcdef0123456789abcdef';
const text = (unit: string, length: number) =>
  fc.string({ unit: fc.constantFrom(...unit), minLength: length, maxLength: length });
const LETTERS = 'ABCXYZabcxyz0189';
const ids = {
  jti: text(`${LETTERS}-_`, 20),
  session: text(`${LETTERS}-_`, 22),
  application: text(LETTERS, 22).map((id) => `app_${id}`),
  'suspended-application': text(LETTERS, 22).map((id) => `app_${id}`),
  'signing-keys': fc.constant(''),
};
const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }).map(String);
const ms = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const revocation = (
  kinds: readonly FeedRevocation['kind'][],
  before: fc.Arbitrary<number | null>,
): fc.Arbitrary<FeedRevocation> =>
  fc.constantFrom(...kinds).chain((kind) =>
    fc.record({
      kind: fc.constant(kind),
      id: kind in ids ? ids[kind as keyof typeof ids] : number,
      beforeMs: before,
      endsAtMs: fc.option(ms),
    }),
  );
const LASTING = FEED_KINDS.filter((kind) => kind !== 'jti');
const epoch = text('0189abcdef', 32);
const step: fc.Arbitrary<FeedMessage> = fc
  .record({
    ...{ epoch, atMs: ms, whole: fc.constant(false), jtis: fc.constant([]) },
    span: fc.tuple(ms, ms),
    revocations: fc.array(revocation(FEED_KINDS, fc.option(ms)), { maxLength: 8 }),
  })
  .map(({ span: [one, other], ...rest }) => ({ ...rest, after: Math.min(one, other), position: Math.max(one, other) }));
const whole: fc.Arbitrary<FeedMessage> = fc.record({
  ...{ epoch, atMs: ms, whole: fc.constant(true), after: fc.constant(0), position: ms },
  jtis: fc.array(
    fc.record({
      endsAtSeconds: ms,
      ids: fc.array(ids.jti, { minLength: 1, maxLength: 5 }).map((names) => names.join('')),
    }),
    { maxLength: 4 },
  ),
  revocations: fc.array(revocation(LASTING, ms), {
    maxLength: 8,
  }),
});

const PLAIN: FeedMessage = {
  ...{ epoch: EPOCH, after: 3, position: 5, atMs: 1_790_000_000_123, whole: false, jtis: [] },
  revocations: [{ kind: 'credential', id: '55', beforeMs: 1_790_000_000_000, endsAtMs: null }],
};
const WHOLE: FeedMessage = {
  ...PLAIN,
  ...{ after: 0, whole: true, jtis: [{ endsAtSeconds: 1_790_003_600, ids: 'abcdefghijklmnopqrst' }] },
};
type Wire = Record<string, unknown> & { jtis?: unknown; revocations: Record<string, unknown>[] };
const wireOf = (message: FeedMessage): Wire => JSON.parse(formatFeedMessage(message));

describe('a message of the feed', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.oneof(step, whole), (message) => {
        expect(readFeedMessage(formatFeedMessage(message))).toEqual(message);
      }),
    );
  });

  it('has the form that is documented', () => {
    expect(wireOf(WHOLE)).toEqual({
      ...{ epoch: EPOCH, after: 0, position: 5, at: 1_790_000_000_123, whole: true },
      jtis: [{ ends: 1_790_003_600, ids: 'abcdefghijklmnopqrst' }],
      revocations: [{ kind: 'credential', id: '55', before: 1_790_000_000_000, ends: null }],
    });
    expect(wireOf(PLAIN)).not.toHaveProperty('jtis');
  });

  it('is none when a member is lacking, twice there, one too many, or of another form', () => {
    for (const message of [PLAIN, WHOLE]) {
      const wire = wireOf(message);
      for (const member of Object.keys(wire)) {
        const { [member]: _, ...less } = wire;
        expect(readFeedMessage(JSON.stringify(less)), `without ${member}`).toBeNull();
        for (const value of [null, -1, 1.5, '5', 2 ** 53, {}, [1], [null], 'x'])
          expect(readFeedMessage(JSON.stringify({ ...wire, [member]: value })), `${member} as ${value}`).toBeNull();
        expect(readFeedMessage(`${JSON.stringify(wire).slice(0, -1)},"${member}":1}`), `${member} twice`).toBeNull();
      }
      expect(readFeedMessage(JSON.stringify({ ...wire, more: 1 }))).toBeNull();
      expect(readFeedMessage(JSON.stringify({ ...wire, whole: !wire.whole }))).toBeNull();
    }
  });

  it.each([
    ['runs backwards', { after: 6 }],
    ['names another sort of epoch', { epoch: EPOCH.toUpperCase() }],
    ['names a kind that it does not know', { revocations: [{ kind: 'brand', id: '', before: 1, ends: null }] }],
    ['names a member of an object', { revocations: [{ kind: 'constructor', id: '1', before: 1, ends: null }] }],
    ['names a credential by no number', { revocations: [{ kind: 'credential', id: '055', before: 1, ends: null }] }],
    ['names a JWT by its whole id', { revocations: [{ kind: 'jti', id: 'a'.repeat(30), before: 1, ends: null }] }],
    ['names one by a number', { revocations: [{ kind: 'credential', id: 55, before: 1, ends: null }] }],
    ['adds to a revocation', { revocations: [{ kind: 'credential', id: '55', before: 1, ends: null, more: 1 }] }],
    ['leaves out the end', { revocations: [{ kind: 'credential', id: '55', before: 1 }] }],
    ['tells too much at once', { revocations: Array(5001).fill({ kind: 'credential', id: '5', before: 1, ends: null }) }],
  ])('is none when it %s', (_, change) => {
    expect(readFeedMessage(JSON.stringify({ ...wireOf(PLAIN), ...change }))).toBeNull();
  });

  it.each([
    ['names of other lengths', [{ ends: 1, ids: 'a'.repeat(39) }]],
    ['names of other letters', [{ ends: 1, ids: `${'a'.repeat(19)}+` }]],
    ['an empty group', [{ ends: 1, ids: '' }]],
    ['an end that is none', [{ ends: null, ids: 'a'.repeat(20) }]],
    ['a member too many', [{ ends: 1, ids: 'a'.repeat(20), kind: 'jti' }]],
    ['no groups', {}],
  ])('is no whole list with %s', (_, jtis) => {
    expect(readFeedMessage(JSON.stringify({ ...wireOf(WHOLE), jtis }))).toBeNull();
  });

  it('is no whole list with what is only to be forgotten, or with a JWT beside the groups', () => {
    const revocations = (change: object) => [{ ...wireOf(WHOLE).revocations[0], ...change }];
    const read = (change: object) => readFeedMessage(JSON.stringify({ ...wireOf(WHOLE), revocations: revocations(change) }));
    expect(read({})).not.toBeNull();
    expect(read({ before: null })).toBeNull();
    expect(read({ kind: 'jti', id: 'a'.repeat(20) })).toBeNull();
    expect(readFeedMessage(JSON.stringify({ ...wireOf(WHOLE), after: 1 }))).toBeNull();
  });

  it('is none in anything that is no such text', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (any) => readFeedMessage(any) === null));
  });
});

describe('a position', () => {
  it('is read as it was written, and nothing else is', () => {
    fc.assert(
      fc.property(epoch, ms, (of, position) => {
        expect(parsePosition(formatPosition({ epoch: of, position }))).toEqual({ epoch: of, position });
      }),
    );
    const others = ['', ':', `${EPOCH}:`, ':5', `${EPOCH}:05`, `${EPOCH}:-1`, `${EPOCH}:1.0`, `${EPOCH}:1e3`, ` ${EPOCH}:1`];
    for (const other of [...others, `${EPOCH}:1\n`, `${EPOCH}:9007199254740992`, `${EPOCH}1:1`, `${EPOCH}:1:1`, `${EPOCH}:１`])
      expect(parsePosition(other), other).toBeNull();
  });
});

describe('the signature of a message', () => {
  const signature = { iss: 'https://keys.example.com', epoch: EPOCH, position: 5, atMs: PLAIN.atMs, sha256: 'a'.repeat(43) };
  const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

  it('is read as it was written', () => {
    expect(readFeedSignature(new TextEncoder().encode(formatFeedSignature(signature)))).toEqual(signature);
  });

  it('speaks of one message of one issuer', () => {
    const about = { issuer: signature.iss, sha256: signature.sha256 };
    expect(isSignatureOf(signature, PLAIN, about)).toBe(true);
    expect(isSignatureOf(signature, PLAIN, { ...about, issuer: 'https://evil.example.com' })).toBe(false);
    expect(isSignatureOf(signature, PLAIN, { ...about, sha256: 'b'.repeat(43) })).toBe(false);
    for (const change of [{ position: 6 }, { atMs: PLAIN.atMs + 1 }, { epoch: 'f'.repeat(32) }])
      expect(isSignatureOf(signature, { ...PLAIN, ...change }, about)).toBe(false);
  });

  it('is none of another form, the claims of a JWT among them', () => {
    const { atMs, ...rest } = signature;
    const wire: Record<string, unknown> = { ...rest, at: atMs };
    expect(readFeedSignature(bytes(wire))).not.toBeNull();
    for (const member of Object.keys(wire)) expect(readFeedSignature(bytes({ ...wire, [member]: null })), member).toBeNull();
    expect(readFeedSignature(bytes({ ...wire, sub: 'user:7' }))).toBeNull();
    expect(readFeedSignature(new Uint8Array([0xff]))).toBeNull();
    expect(readFeedSignature(bytes([]))).toBeNull();
  });
});
