/**
 * What a refusal was based on, as it is recorded: enough to say why to anyone who asks by the request's ID, never anything of
 * what was presented. It contains no names, because they change and people are erased; the path is kept with the personal data.
 */
import type { RefusedCredential } from '../caller.ts';
import type { EventDraft } from './event.ts';

type Details = NonNullable<EventDraft['details']>;

export interface Judged {
  readonly method: string | null;
  /** The permissions that the request needed; empty if that was not checked. */
  readonly wanted?: readonly string[];
  /** The first of them that was missing, or why nothing could be judged. */
  readonly lacking?: string | null;
  /** Which headers of a gateway's question were missing or wrong, and how; only their names. */
  readonly fault?: { readonly fault: string; readonly headers: readonly string[] } | null;
  /** What the presented credential looked like, if it is not known whose it was. */
  readonly shape?: Shape;
  /** The key of the guard that judged; null: a server judged. */
  readonly guardKeyId: number | null;
}

/** `none`: there was no credential. `foreign`: a text that does not have our form, as an imported one may not. */
export const SHAPES = ['token', 'key', 'jwt', 'foreign', 'malformed', 'none'] as const;
export type Shape = (typeof SHAPES)[number];

/** This many names of a list are kept; a credential may hold more, and nobody reads them. */
const MAX_NAMES = 100;
const MAX_PATH = 200;

export function detailsOf(judged: Judged, refused: RefusedCredential | null): Details {
  const { method, wanted = [], lacking = null, fault = null, shape, guardKeyId } = judged;
  return {
    ...(refused === null ? {} : { kind: refused.kind }),
    ...(shape === undefined ? {} : { shape }),
    ...(lacking === null ? {} : { lacking }),
    ...(fault === null ? {} : fault),
    ...(wanted.length === 0 ? {} : { wanted: wanted.slice(0, MAX_NAMES) }),
    ...(refused === null
      ? {}
      : {
          held: refused.permissions?.slice(0, MAX_NAMES) ?? null,
          expiresAtMs: refused.expiresAtMs,
          allowed: refused.addresses?.slice(0, MAX_NAMES) ?? null,
          environment: refused.environment,
          ...(refused.clientId === undefined ? {} : { client_id: refused.clientId }),
        }),
    ...(method === null ? {} : { method }),
    judgedBy: guardKeyId === null ? 'server' : 'guard',
    ...(guardKeyId === null ? {} : { guardKey: guardKeyId }),
  };
}

/** Without its query, without anything that looks like a credential, and without characters that could control a terminal. */
export function showablePath(target: string): string {
  const path = target.split(/[?#]/, 1)[0] ?? '';
  return showable(withoutCredentials(path), MAX_PATH);
}

/** Of any length and any characters; what is shown is one short line. */
export const showable = (text: string, maxLength: number): string =>
  [...text.replace(STEERING, '?')].slice(0, maxLength).join('');

/** Lone surrogates too: PostgreSQL accepts no text that is not Unicode, and none with a NUL. */
const STEERING = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/** Also percent-encoded: `%7C` is the bar of a token, and any letter can be written that way. */
function withoutCredentials(path: string): string {
  return path
    .split('/')
    .map((segment) => (CREDENTIAL.test(decoded(segment)) ? '[secret]' : segment))
    .join('/');
}

const CREDENTIAL = /\d+\||kh_|eyJ|[A-Za-z0-9_-]{40,}/;

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
