/**
 * `/verify`, the hottest route, answered straight from `node:http`: a router, hooks and serialisers would cost as much as the
 * check itself. It answers only 200, 401, 403, 429 and 503, because nginx makes a 500 of anything else.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { permits, type Route, readAuthorization } from '@keyhouse/protocol';
import { type Caller, isOpaque } from '../core/caller.ts';
import type { Authenticator } from './authenticate.ts';
import { type Answer, answerRefusal } from './errors.ts';
import type { OnFailure } from './failure-log.ts';
import { readQuestion } from './verify-question.ts';

interface Ports {
  readonly authenticator: Authenticator;
  readonly routes: () => readonly Route[];
  /** Records that a permission was used; no write, no wait. */
  readonly usePermission: (caller: Caller, permission: string) => void;
  readonly nextRequestId: () => string;
  readonly onFailure: OnFailure;
}

export function answerVerify(ports: Ports, request: IncomingMessage, response: ServerResponse): void {
  const requestId = ports.nextRequestId();
  const fail = (error: unknown): void => {
    ports.onFailure(error, requestId);
    // An error of our own refuses too: the door stays shut, and nginx understands the answer.
    send(response, requestId, answerRefusal({ code: 'unavailable' }));
  };
  try {
    const judged = judge(ports, request, requestId);
    if (judged instanceof Promise) judged.then((answer) => send(response, requestId, answer), fail);
    else send(response, requestId, judged);
  } catch (error) {
    fail(error);
  }
}

function judge(ports: Ports, request: IncomingMessage, requestId: string): VerifyAnswer | Promise<VerifyAnswer> {
  const question = readQuestion(request.method ?? '', request.url ?? '', request.rawHeaders, ports.routes());
  if (question.kind === 'preflight') return ALLOWED_WITHOUT_CALLER;
  const authorization = readAuthorization(request.rawHeaders);
  const wanted = question.kind === 'permissions' ? question.permissions : NOTHING_WANTED;
  if (authorization.kind === 'none') {
    if (question.kind === 'public') return ALLOWED_WITHOUT_CALLER;
    ports.authenticator.recordMissing(request, requestId, wanted);
    return answerRefusal({ code: 'unauthenticated', presented: false });
  }
  const verdict = ports.authenticator.authenticate(authorization, request, requestId, { gateway: true, wanted });
  const decide = (result: Awaited<typeof verdict>): VerifyAnswer => {
    if (!result.ok) return answerRefusal(result.refused);
    const { caller } = result;
    if (question.kind === 'public') return allowed(caller);
    const lacking =
      question.kind === 'permissions' ? question.permissions.find((wanted) => !permits(caller.permissions, wanted)) : null;
    if (lacking === undefined) {
      if (question.kind === 'permissions') for (const used of question.permissions) ports.usePermission(caller, used);
      return allowed(caller);
    }
    ports.authenticator.recordForbidden(caller, request, requestId, {
      lacking: lacking ?? (question.kind === 'refused' ? question.why : null),
      wanted,
      fault: question.kind === 'refused' ? question.fault : null,
    });
    return answerRefusal(lacking === null ? { code: 'forbidden' } : { code: 'forbidden', permission: lacking });
  };
  return verdict instanceof Promise ? verdict.then(decide) : decide(verdict);
}

const NOTHING_WANTED: readonly string[] = [];

type VerifyAnswer = Answer | { readonly status: 200; readonly list: readonly string[] };

/** Frozen callers exist as long as their cache entry, and so may the headers built from them. */
const headersOfCaller = new WeakMap<Caller, VerifyAnswer>();

function allowed(caller: Caller): VerifyAnswer {
  let answer = headersOfCaller.get(caller);
  if (answer === undefined) {
    answer = { status: 200, list: headersOf(caller) };
    headersOfCaller.set(caller, answer);
  }
  return answer;
}

function headersOf(caller: Caller): readonly string[] {
  const { kind, environment } = caller;
  const account = String(caller.accountId);
  // No list means everything; a gateway should not have to know that.
  const permissions = caller.permissions?.join(' ') ?? '*';
  const userId = 'userId' in caller ? caller.userId : null;
  const user = userId === null ? '' : String(userId);
  const subject = isOpaque(caller) ? (user === '' ? `account:${account}` : `user:${user}`) : caller.subject;
  const credential = isOpaque(caller) ? String(caller.credentialId) : caller.jti;
  const application = 'clientId' in caller ? caller.clientId : '';
  return headerList({ kind, account, user, subject, credential, application, permissions, environment });
}

const NAMES = ['Kind', 'Account', 'User', 'Subject', 'Credential', 'Application', 'Permissions', 'Environment'] as const;

/** Always all of them, empty when unset, so that a gateway overwrites what a client sent. */
const headerList = (values: Partial<Record<Lowercase<(typeof NAMES)[number]>, string>>): readonly string[] => [
  ...NAMES.flatMap((name) => [`X-Keyhouse-${name}`, values[name.toLowerCase() as Lowercase<typeof name>] ?? '']),
  ...['Cache-Control', 'no-store', 'Content-Length', '0'],
];

const ALLOWED_WITHOUT_CALLER: VerifyAnswer = { status: 200, list: headerList({}) };

function send(response: ServerResponse, requestId: string, answer: VerifyAnswer): void {
  if (response.headersSent || response.destroyed) return;
  if ('list' in answer) {
    response.writeHead(200, [...answer.list, 'X-Request-Id', requestId]);
    response.end();
    return;
  }
  const body = JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Request-Id': requestId,
    ...answer.headers,
  });
  response.end(body);
}
