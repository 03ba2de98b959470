/** An entry of the log as a sentence: plain parts, and emphasized ones. */
import { entryOf } from '../lib/entry-of.ts';
import { EVENTS, REASONS } from './events.ts';
import type { AuditRow } from './queries.ts';
import { words } from './words.ts';

export interface Part {
  readonly text: string;
  /** A name. */
  readonly strong: boolean;
}

/** The parts of one sentence never change places; this tells them apart. */
export type PlacedPart = Part & { readonly place: string };

export function sentenceOf(row: AuditRow): readonly PlacedPart[] {
  const said = entryOf(EVENTS, row.event);
  const template = (isOwn(row) ? said?.own : said?.says) ?? `{who}: ${row.event}`;
  return template
    .split(/(\{\w+\})/)
    .filter((piece) => piece !== '')
    .map((piece, index) => {
      const [, name] = /^\{(\w+)\}$/.exec(piece) ?? [];
      const part = name === undefined ? { text: piece, strong: false } : fill(row, name);
      return { ...part, place: `${index}` };
    });
}

/** A stranger who acts on a user came with a link, a password or a code of that user. */
const isOwn = ({ actor, user_id }: AuditRow): boolean =>
  user_id !== null && (actor === 'anonymous' || actor === `user:${user_id}`);

function fill(row: AuditRow, name: string): Part {
  switch (name) {
    case 'who':
      return { text: whoOf(row), strong: true };
    case 'user':
      return { text: userOf(row), strong: true };
    case 'credential':
      return { text: credentialOf(row), strong: true };
    case 'application':
      return { text: textOf(row.details.application ?? row.details.client_id), strong: true };
    case 'reason':
      return { text: reasonOf(row.reason), strong: false };
    // Of `request.refused: unknown`.
    case 'counted':
      return { text: row.reason?.startsWith('user.') ? words.countedSignIns : words.countedRefusals, strong: false };
    case 'why':
      return { text: reasonOf(row.reason?.split(': ')[1] ?? row.reason), strong: false };
    default:
      return { text: textOf(entryOf(row.details, name)), strong: true };
  }
}

/** Begins a sentence. */
export function whoOf({ actor, actor_name, details }: AuditRow): string {
  const [kind = '', id = ''] = actor.split(':', 2);
  const said = words.actors;
  switch (kind) {
    case 'user':
      return actor_name ?? said.user(id);
    case 'key':
    case 'token': {
      const name = said[kind](actor_name ?? words.noCredential(Number(id)));
      return details.kind === 'jwt' ? said.jwt(lowerFirst(name)) : name;
    }
    case 'jwt':
      return said.aJwt;
    case 'application':
      return said.application(id);
    case 'session':
      return said.session;
    case 'operator':
    case 'server':
    case 'anonymous':
      return said[kind];
    default:
      return actor;
  }
}

export function userOf({ actor, user_id, user_name }: AuditRow): string {
  if (user_id === null) return words.someone;
  if (actor === `user:${user_id}`) return user_name ?? words.themself;
  return user_name ?? words.actors.user(String(user_id)).toLowerCase();
}

export const credentialOf = ({ credential_id, credential_name }: AuditRow): string =>
  credential_name ?? (credential_id === null ? '–' : words.noCredential(credential_id));

/** One that this page does not know is shown unchanged. */
export const reasonOf = (reason: string | null): string => (reason === null ? '–' : (entryOf(REASONS, reason)?.short ?? reason));

export function textOf(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);
