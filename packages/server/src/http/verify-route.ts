/**
 * `/verify`, the hottest route, answered straight from `node:http`: a router, hooks and serialisers would cost as much as the
 * check itself. It answers only 200, 401, 403, 429 and 503, because nginx makes a 500 of anything else.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { permits, type Route, readAuthorization } from '@keyhouse/protocol';
import type { Caller } from '../core/caller.ts';
import type { Authenticator } from './authenticate.ts';
import { type Answer, answerError, answerRefusal } from './errors.ts';
import { readQuestion } from './verify-question.ts';

interface Ports {
  readonly authenticator: Authenticator;
  readonly routes: () => readonly Route[];
  /** Takes note that a permission was used; no write, no wait. */
  readonly usePermission: (caller: Caller, permission: string) => void;
  readonly nextRequestId: () => string;
  readonly onError: (error: unknown, requestId: string) => void;
}

export function answerVerify(ports: Ports, request: IncomingMessage, response: ServerResponse): void {
  const requestId = ports.nextRequestId();
  const fail = (error: unknown): void => {
    if (answerError(error) === null) ports.onError(error, requestId);
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
  if (authorization.kind === 'none') {
    return question.kind === 'public' ? ALLOWED_WITHOUT_CALLER : answerRefusal({ code: 'unauthenticated', presented: false });
  }
  const verdict = ports.authenticator.authenticate(authorization, request, requestId, { gateway: true });
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
    ports.authenticator.recordForbidden(
      caller,
      request,
      requestId,
      lacking ?? (question.kind === 'refused' ? question.why : null),
    );
    return answerRefusal(lacking === null ? { code: 'forbidden' } : { code: 'forbidden', permission: lacking });
  };
  return verdict instanceof Promise ? verdict.then(decide) : decide(verdict);
}

type VerifyAnswer = Answer | { readonly status: 200; readonly list: readonly string[] };

const ALLOWED_WITHOUT_CALLER: VerifyAnswer = { status: 200, list: headerList('', '', '', '', '', '', '') };

/** Frozen callers live as long as their cache entry, and so may the headers made of them. */
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
  const account = String(caller.accountId);
  // No list means everything, which a gateway should not have to know.
  const permissions = caller.permissions?.join(' ') ?? '*';
  if (caller.kind === 'jwt') return headerList('jwt', account, '', caller.subject, caller.jti, permissions, caller.environment);
  const user = caller.userId === null ? '' : String(caller.userId);
  const subject = caller.userId === null ? `account:${account}` : `user:${user}`;
  return headerList(caller.kind, account, user, subject, String(caller.credentialId), permissions, caller.environment);
}

/** Always all of them, empty when unset, so that a gateway overwrites what a client sent. */
function headerList(
  kind: string,
  account: string,
  user: string,
  subject: string,
  credential: string,
  permissions: string,
  environment: string,
): readonly string[] {
  return [
    ...['X-Keyhouse-Kind', kind, 'X-Keyhouse-Account', account, 'X-Keyhouse-User', user, 'X-Keyhouse-Subject', subject],
    ...['X-Keyhouse-Credential', credential, 'X-Keyhouse-Application', '', 'X-Keyhouse-Permissions', permissions],
    ...['X-Keyhouse-Environment', environment, 'Cache-Control', 'no-store', 'Content-Length', '0'],
  ];
}

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
