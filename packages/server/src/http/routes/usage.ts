/**
 * `POST /auth/usage`: what guards saw. They verify by themselves, so otherwise the server would not know what a JWT was used for
 * and why a request was refused. A batch that is lost loses counts, never a request.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { isPermission, isWildcard, MAX_PERMISSION_LENGTH, parseAddress, proxyOfUnreadable } from '@keyhouse/protocol';
import { type Static, Type } from 'typebox';
import type { Digested } from '../../core/credentials/verify.ts';
import type { Keyhouse } from '../../core/keyhouse.ts';
import type { ReportedRefusal, ReportedUse, Subject, UsageReport } from '../../core/use/usage.ts';
import { callerOf } from '../door.ts';
import { invalid } from '../faults.ts';
import { readDate } from '../read-date.ts';
import { refusals } from '../schemas.ts';

const PERMISSION = 'keyhouse.verify';
const MAX_USES = 1000;
const MAX_REFUSALS = 100;
const MAX_REASONS = 50;
const MAX_PERMISSIONS = 100;
/** No guard serves more requests than this in the seconds between two batches; a sum of such numbers stays exact. */
const MAX_COUNT = 1_000_000_000;

const strict = { additionalProperties: false } as const;
const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const ClientId = Type.String({ maxLength: 64, pattern: '^[A-Za-z0-9_-]+$' });
/** Their owner is known here, and what a guard says about it is ignored. */
const Whose = { account: Type.Optional(Id), user: Type.Optional(Type.Union([Id, Type.Null()])) };
const SubjectSchema = Type.Union([
  Type.Object({ kind: Type.Union([Type.Literal('token'), Type.Literal('key')]), credential: Id, ...Whose }, strict),
  Type.Object({ kind: Type.Literal('jwt'), credential: Id, jti: Type.String({ maxLength: 64 }), ...Whose }, strict),
  Type.Object({ kind: Type.Literal('session'), client_id: ClientId, sid: Type.String({ maxLength: 64 }), ...Whose }, strict),
  Type.Object({ kind: Type.Literal('application'), client_id: ClientId, ...Whose }, strict),
]);
const Permission = Type.String({ maxLength: MAX_PERMISSION_LENGTH });
const Moment = Type.String({ maxLength: 40, examples: ['2026-11-23T10:30:00.000Z'] });
const Address = Type.Union([Type.String({ maxLength: 64 }), Type.Null()]);
const UserAgent = Type.Union([Type.String({ maxLength: 1000 }), Type.Null()]);
const Count = Type.Integer({ minimum: 1, maximum: MAX_COUNT });
const Reason = Type.String({ maxLength: 40, pattern: '^[a-z_]+$', description: 'The reason, as in the audit log.' });

const Digest = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$', description: 'SHA-256, base64url.' });
const PresentedSchema = Type.Union(
  [
    Type.Object({ kind: Type.Literal('token'), id: Id, sha256: Digest }, strict),
    Type.Object({ kind: Type.Literal('key'), sha256: Digest }, strict),
    Type.Object(
      {
        kind: Type.Literal('foreign'),
        sha256: Digest,
        behind_bar: Type.Optional(Type.Object({ id: Type.String({ maxLength: 255 }), sha256: Digest }, strict)),
      },
      strict,
    ),
  ],
  {
    description:
      'The credential of a refused request, if Keyhouse said that it is not valid. It contains only digests, so that the reason and the owner can be found. For a token, the digest of the part after the bar. For text in another format, the digest of the whole text, and of the part after its first bar.',
  },
);

const UseSchema = Type.Object(
  {
    subject: SubjectSchema,
    permissions: Type.Array(Permission, {
      maxItems: MAX_PERMISSIONS,
      description:
        'All permissions that the request needed. The request counts once, and each of them counts as used. Empty on a public route.',
    }),
    status: Type.Integer({
      minimum: 100,
      maximum: 599,
      description: 'The answer of the guard. 200: the request was let through.',
    }),
    count: Count,
    last_used_at: Moment,
    address: Address,
    user_agent: UserAgent,
  },
  strict,
);
const RefusalSchema = Type.Object(
  {
    request_id: Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9_-]+$' }),
    at: Moment,
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    reason: Reason,
    subject: Type.Union([SubjectSchema, Type.Null()]),
    presented: Type.Optional(PresentedSchema),
    method: Type.String({ maxLength: 40 }),
    path: Type.String({ maxLength: 2000, description: 'Without the query.' }),
    wanted: Type.Array(Permission, { maxItems: MAX_PERMISSIONS }),
    held: Type.Optional(Type.Union([Type.Array(Permission, { maxItems: 1000 }), Type.Null()])),
    expires_at: Type.Optional(Type.Union([Moment, Type.Null()])),
    address: Address,
    user_agent: UserAgent,
  },
  strict,
);
const Report = Type.Object(
  {
    batch: Type.String({
      pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
      description: 'A UUID. If the same one is sent again, it is not counted again.',
    }),
    uses: Type.Array(UseSchema, { maxItems: MAX_USES }),
    refusals: Type.Array(RefusalSchema, { maxItems: MAX_REFUSALS }),
    counts: Type.Optional(
      Type.Array(Type.Object({ reason: Reason, count: Count }, strict), {
        maxItems: MAX_REASONS,
        description: 'How many refusals there were in addition to the listed ones.',
      }),
    ),
  },
  strict,
);

interface Options {
  readonly keyhouse: Keyhouse;
}

export const usageRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { keyhouse }) => {
  app.post(
    '/auth/usage',
    {
      config: { callers: ['key'], permission: PERMISSION, body: 'json' },
      schema: {
        summary: 'Report use and refusals',
        description:
          'For guards, which verify credentials themselves. Needs a key of the operator account with `keyhouse.verify`. Reports about a credential that does not exist, or that is of another kind, are ignored.',
        tags: ['Checking credentials'],
        body: Report,
        response: {
          204: Type.Null({ description: 'Accepted, or already accepted before.' }),
          ...refusals(400, 401, 403, 413, 415, 422, 429),
        },
      },
    },
    async (request, reply) => {
      const guard = callerOf(request);
      keyhouse.use.usePermission(guard, PERMISSION);
      await keyhouse.use.report(guard, readReport(request.body));
      return reply.code(204).header('Cache-Control', 'no-store').send(null);
    },
  );
};

const readReport = ({ batch, uses, refusals: refused, counts = [] }: Static<typeof Report>): UsageReport => ({
  batch,
  uses: uses.map(readUse),
  refusals: refused.map(readRefusal),
  counts,
});

const readUse = (use: Static<typeof UseSchema>): ReportedUse => ({
  ...{ subject: readSubject(use.subject), permissions: use.permissions, status: use.status, count: use.count },
  ...{ lastUsedAtMs: readMoment('uses', use.last_used_at), address: readAddress(use.address), userAgent: use.user_agent },
});

/** The server knows better than the guard until when it was valid. */
const readRefusal = (refusal: Static<typeof RefusalSchema>): ReportedRefusal => ({
  ...{ requestId: refusal.request_id, atMs: readMoment('refusals', refusal.at), reason: refusal.reason },
  ...{ subject: refusal.subject === null ? null : readSubject(refusal.subject), path: refusal.path },
  presented: refusal.presented === undefined ? null : readPresented(refusal.presented),
  method: /^[A-Z-]{1,20}$/.test(refusal.method) ? refusal.method : null,
  ...{
    wanted: refusal.wanted.filter(isPermission),
    held: readHeld(refusal.held),
    address: readAddress(refusal.address),
    userAgent: refusal.user_agent,
  },
});

const isHoldable = (name: string): boolean => isPermission(name) || isWildcard(name);
const readHeld = (held: readonly string[] | null | undefined): readonly string[] | null => held?.filter(isHoldable) ?? null;

function readSubject(subject: Static<typeof SubjectSchema>): Subject {
  switch (subject.kind) {
    case 'token':
    case 'key':
    case 'jwt':
      return { kind: subject.kind, credentialId: subject.credential };
    case 'session':
      return { kind: 'session', clientId: subject.client_id, sessionId: subject.sid };
    case 'application':
      return { kind: 'application', clientId: subject.client_id };
  }
}

function readPresented(presented: Static<typeof PresentedSchema>): Digested {
  switch (presented.kind) {
    case 'token':
      return { kind: 'token', id: presented.id, hash: inHex(presented.sha256) };
    case 'key':
      return { kind: 'key', hash: inHex(presented.sha256) };
    case 'foreign': {
      const whole = { hash: inHex(presented.sha256), foreignId: null };
      const behindBar = presented.behind_bar;
      const candidates = behindBar === undefined ? [] : [{ hash: inHex(behindBar.sha256), foreignId: behindBar.id }];
      return { kind: 'foreign', candidates: [...candidates, whole] };
    }
  }
}

const inHex = (digest: string): string => Buffer.from(digest, 'base64url').toString('hex');

function readMoment(field: string, text: string): number {
  const ms = readDate(text);
  if (Number.isNaN(ms)) throw invalid(field, `Each of the ${field} must have a valid time.`);
  return ms;
}

/** Strangers chose method, address and path: if these cannot be read, that must not cost the other counts in the batch. */
function readAddress(text: string | null): string | null {
  if (text === null || proxyOfUnreadable(text) !== null) return text;
  return parseAddress(text)?.toString() ?? null;
}
