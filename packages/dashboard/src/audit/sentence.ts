/** An entry of the log as a sentence: parts to be written plainly, and parts that stand out. */
import { EVENTS, REASONS } from './events.ts';
import type { AuditRow } from './queries.ts';
import { words } from './words.ts';

export interface Part {
  readonly text: string;
  /** A name. */
  readonly strong: boolean;
}

export function sentenceOf(row: AuditRow): readonly Part[] {
  const template = EVENTS[row.event]?.says ?? `{who}: ${row.event}`;
  return template
    .split(/(\{\w+\})/)
    .filter((piece) => piece !== '')
    .map((piece) => {
      const [, name] = /^\{(\w+)\}$/.exec(piece) ?? [];
      return name === undefined ? { text: piece, strong: false } : fill(row, name);
    });
}

function fill(row: AuditRow, name: string): Part {
  switch (name) {
    case 'who':
      return { text: whoOf(row), strong: true };
    case 'user':
      return { text: userOf(row), strong: true };
    case 'credential':
      return { text: credentialOf(row), strong: true };
    case 'reason':
      return { text: reasonOf(row.reason), strong: false };
    case 'counted':
      return { text: countedOf(row.reason ?? ''), strong: false };
    default:
      return { text: textOf(row.details[name]), strong: true };
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

/** One that this page does not know is shown as it is. */
export const reasonOf = (reason: string | null): string => (reason === null ? '–' : (REASONS[reason]?.short ?? reason));

/** `request.refused: unknown` */
function countedOf(reason: string): string {
  const [event = '', why = ''] = reason.split(': ', 2);
  const said = reasonOf(why);
  return event === 'user.sign_in_failed' ? words.countedSignIns(said) : words.countedRefusals(said);
}

export function textOf(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);
