/**
 * What the authorization endpoint and RP-initiated logout show where nobody knows whom else to tell (RFC 6749 §4.1.2.1): a sentence for the
 * person, and what is wrong for the developer. Nothing of the request is in it, so that no link can put words on this page.
 */
import type { FastifyReply } from 'fastify';
import type { Keyhouse } from '../core/keyhouse.ts';
import { type Problem, readTemplate, sendPage, sendText, textOf } from './send-page.ts';

export type ProblemCode = 'unknown_client' | 'redirect_uri' | 'repeated' | 'request_over' | 'unavailable';

interface Ports {
  readonly keyhouse: Pick<Keyhouse, 'brand'>;
  /** The build; null when there is none: then it is plain text. */
  readonly folder: string | null;
}

/** 400, or 503 for `unavailable`. It is a page as the others are, and says the same without JavaScript. */
export function createErrorPage(ports: Ports): (reply: FastifyReply, code: ProblemCode) => FastifyReply {
  const template = readTemplate(ports.folder, 'sign-in.html');
  return (reply, code) => {
    const problem = PROBLEMS[code];
    const status = code === 'unavailable' ? 503 : 400;
    if (template === null) return sendText(reply, status, `${textOf(problem)}\n`);
    if (status === 503) reply.header('Retry-After', '5');
    return sendPage(ports, reply.code(status), template, problem);
  };
}

const TITLE = 'This link cannot be used';
const SENTENCE = 'The application that sent you here made a mistake. Nothing was given away. Tell whoever runs it.';

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
      'This redirect_uri (or post_logout_redirect_uri) is not registered for the application. It is compared letter by letter; only ' +
      'the port of a loopback address may differ. It may be left out where just one redirect URI is registered.',
  },
  repeated: { title: TITLE, sentence: SENTENCE, detail: 'A parameter is repeated (RFC 6749 §3.1).' },
  request_over: {
    title: 'This request is over',
    sentence: 'It has waited for more than an hour, or a part of the link is missing. Start again at the application.',
    detail: null,
  },
  unavailable: {
    title: 'The service is not available now',
    sentence: 'Nothing was changed. Load this page again in a moment.',
    detail: null,
  },
};
