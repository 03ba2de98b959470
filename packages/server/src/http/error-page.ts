/**
 * The page for errors that a user sees: a wrong address, or a faulty link of an application (RFC 6749 §4.1.2.1, RP-initiated
 * logout). It has a sentence for the user and, for the developer, what is wrong. It contains nothing of the request, so that no
 * link can put words on this page.
 */
import type { FastifyReply } from 'fastify';
import type { Keyhouse } from '../core/keyhouse.ts';
import { type Problem, readTemplate, sendPage, sendText, textOf } from './send-page.ts';

type OfApplication = 'unknown_client' | 'redirect_uri' | 'repeated' | 'request_over' | 'unavailable';
type OfAddress = 'not_found' | 'unreadable' | 'not_allowed' | 'broken';
export type ProblemCode = OfApplication | OfAddress;
export type ShowProblem = (reply: FastifyReply, code: ProblemCode) => FastifyReply;

interface Ports {
  readonly branding: Pick<Keyhouse['branding'], 'current'>;
  /** The build; null if there is none: then it is plain text. */
  readonly folder: string | null;
}

/** Writes the page. It says the same without JavaScript. */
export function createErrorPage(ports: Ports): ShowProblem {
  const template = readTemplate(ports.folder, 'sign-in.html');
  return (reply, code) => {
    const problem = PROBLEMS[code];
    const status = STATUSES[code] ?? 400;
    if (template === null) return sendText(reply, status, `${textOf(problem)}\n`);
    if (status === 503) reply.header('Retry-After', '5');
    return sendPage(ports, reply.code(status), template, problem);
  };
}

const STATUSES: Readonly<Partial<Record<ProblemCode, number>>> = {
  unavailable: 503,
  not_found: 404,
  not_allowed: 403,
  broken: 500,
};

/** The page for a refusal with this status. Null: there is none, and the refusal is answered as JSON. */
export function problemOfStatus(status: number): ProblemCode | null {
  if (status === 400) return 'unreadable';
  if (status === 403) return 'not_allowed';
  // An address that cannot be opened is not a page, even if another method works there.
  if (status === 404 || status === 405) return 'not_found';
  if (status === 503) return 'unavailable';
  return status === 500 ? 'broken' : null;
}

const TITLE = 'This link cannot be used';
const SENTENCE =
  'The application that sent you here made a mistake. Nothing was shared with it. Please tell the people who run it.';

const PROBLEMS: Readonly<Record<ProblemCode, Problem>> = {
  unknown_client: {
    title: TITLE,
    sentence: SENTENCE,
    detail: 'No application has this client_id, or it was deleted, or none was named.',
  },
  redirect_uri: {
    title: TITLE,
    sentence: SENTENCE,
    detail:
      'This redirect_uri (or post_logout_redirect_uri) is not registered for the application. It must match exactly; only ' +
      'the port of a loopback address and the slash behind a bare origin may differ. It may be left out where just one redirect URI is registered.',
  },
  repeated: { title: TITLE, sentence: SENTENCE, detail: 'A parameter is repeated (RFC 6749 §3.1).' },
  request_over: {
    title: 'This request has expired',
    sentence: 'It waited for more than an hour, or the link is incomplete. Start again from the application.',
    detail: null,
  },
  unavailable: {
    title: 'The service is not available now',
    sentence: 'Nothing was changed. Load this page again in a moment.',
    detail: null,
  },
  not_found: {
    title: 'This page does not exist',
    sentence: 'The address is wrong, or the page was removed.',
    detail: null,
    leadsHome: true,
  },
  unreadable: {
    title: 'This address cannot be read',
    sentence: 'Check the address, or follow the link again.',
    detail: null,
    leadsHome: true,
  },
  not_allowed: {
    title: 'You cannot open this page',
    sentence: 'You do not have access to it.',
    detail: null,
    leadsHome: true,
  },
  broken: {
    title: 'Something went wrong on our side',
    sentence: 'Load this page again in a moment. If it happens again, tell the operator.',
    detail: null,
    leadsHome: true,
  },
};
