/** What is typed about an application, and how it becomes what the server takes. */
import type { Application, Catalogue, Wish } from './queries.ts';
import { words } from './words.ts';

/** Names that were ticked, and what was typed while there is no catalogue. */
export interface NamesDraft {
  readonly chosen: readonly string[];
  readonly text: string;
}

export type LogoDraft =
  | { readonly change: 'none' }
  | { readonly change: 'removed' }
  | { readonly change: 'chosen'; readonly url: string; readonly base64: string };

export interface Draft {
  readonly name: string;
  readonly type: 'confidential' | 'public';
  readonly redirectUris: string;
  readonly postLogoutRedirectUris: string;
  readonly schemesWithoutDot: boolean;
  readonly idTokenAlgorithm: Application['id_token_signed_response_alg'];
  readonly homePage: string;
  readonly logo: LogoDraft;
  /** It may ask for every grantable permission. */
  readonly asksAny: boolean;
  readonly asked: NamesDraft;
  readonly optional: NamesDraft;
  readonly own: NamesDraft;
  /** Seconds as text; empty: never. */
  readonly idle: string;
  readonly absolute: string;
  /** JSON; empty: none. */
  readonly keys: string;
}

export type DraftErrors = Readonly<Record<string, string>>;

const namesDraft = (names: readonly string[]): NamesDraft => ({ chosen: names, text: names.join('\n') });

export const EMPTY_DRAFT: Draft = {
  name: '',
  type: 'confidential',
  redirectUris: '',
  postLogoutRedirectUris: '',
  schemesWithoutDot: false,
  idTokenAlgorithm: 'ES256',
  homePage: '',
  logo: { change: 'none' },
  asksAny: true,
  asked: namesDraft([]),
  optional: namesDraft([]),
  own: namesDraft([]),
  idle: '',
  absolute: '',
  keys: '',
};

export const draftOf = (application: Application): Draft => ({
  name: application.name,
  type: application.type,
  redirectUris: application.redirect_uris.join('\n'),
  postLogoutRedirectUris: application.post_logout_redirect_uris.join('\n'),
  schemesWithoutDot: application.allows_schemes_without_dot,
  idTokenAlgorithm: application.id_token_signed_response_alg,
  homePage: application.home_page ?? '',
  logo: { change: 'none' },
  asksAny: application.permissions === null,
  asked: namesDraft(application.permissions ?? []),
  optional: namesDraft(application.optional_permissions),
  own: namesDraft(application.own_permissions),
  idle: application.idle_seconds === null ? '' : String(application.idle_seconds),
  absolute: application.absolute_seconds === null ? '' : String(application.absolute_seconds),
  keys: application.jwks === null ? '' : JSON.stringify(application.jwks, null, 2),
});

/** Whether a line has a scheme that is neither http(s) nor has a dot. The server decides; this is for offering the choice. */
export const hasSchemeWithoutDot = (lines: readonly string[]): boolean =>
  lines.some((line) => /^(?!https?:)[a-z][a-z0-9+-]*:/i.test(line));

/** Lines that are not empty, each once. */
export const linesOf = (text: string): string[] => [
  ...new Set(
    text
      .split(/[\r\n]+/)
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  ),
];

export const namesOf = ({ chosen, text }: NamesDraft, catalogue: Catalogue): string[] =>
  catalogue.length > 0 ? [...chosen] : [...new Set(text.split(/[\s,;]+/).filter((part) => part !== ''))];

/** Null: every grantable permission. */
export const askedOf = (draft: Draft, catalogue: Catalogue): string[] | null =>
  draft.asksAny ? null : namesOf(draft.asked, catalogue);

/** What was ticked as optional and is not asked for any more is not sent. */
export function optionalOf(draft: Draft, catalogue: Catalogue): string[] {
  const asked = askedOf(draft, catalogue);
  const optional = namesOf(draft.optional, catalogue);
  if (asked === null || catalogue.length === 0) return optional;
  const names = new Set(asked);
  return optional.filter((name) => names.has(name));
}

/** A wish, or what is wrong at which field. The server alone judges most of it. */
export function wishOf(draft: Draft, catalogue: Catalogue): { readonly wish: Wish } | { readonly errors: DraftErrors } {
  const redirectUris = linesOf(draft.redirectUris);
  const keys = draft.keys.trim() === '' ? null : readJson(draft.keys);
  const errors: Record<string, string> = {
    ...(draft.name.trim() === '' ? { name: words.nameRequired } : {}),
    ...(draft.type === 'public' && redirectUris.length === 0 ? { redirect_uris: words.redirectUrisRequired } : {}),
    ...(keys === undefined ? { jwks: words.keysFault } : {}),
  };
  if (Object.keys(errors).length > 0) return { errors };
  const { logo } = draft;
  return {
    wish: {
      name: draft.name.trim(),
      type: draft.type,
      home_page: draft.homePage.trim() === '' ? null : draft.homePage.trim(),
      redirect_uris: redirectUris,
      post_logout_redirect_uris: linesOf(draft.postLogoutRedirectUris),
      allows_schemes_without_dot: draft.schemesWithoutDot,
      id_token_signed_response_alg: draft.idTokenAlgorithm,
      permissions: askedOf(draft, catalogue),
      optional_permissions: optionalOf(draft, catalogue),
      own_permissions: draft.type === 'public' ? [] : namesOf(draft.own, catalogue),
      idle_seconds: draft.idle === '' ? null : Number(draft.idle),
      absolute_seconds: draft.absolute === '' ? null : Number(draft.absolute),
      jwks: draft.type === 'public' ? null : (keys as Wish['jwks']),
      ...(logo.change === 'none' ? {} : { logo: logo.change === 'removed' ? null : logo.base64 }),
    },
  };
}

/** Undefined: it is not JSON. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether saving changes what the operator has looked at. The server decides; this is for the notice before saving. */
export function changesVouched(application: Application, draft: Draft, catalogue: Catalogue): boolean {
  const asked = askedOf(draft, catalogue);
  const lists: readonly (readonly [readonly string[], readonly string[]])[] = [
    [application.redirect_uris, linesOf(draft.redirectUris)],
    [application.post_logout_redirect_uris, linesOf(draft.postLogoutRedirectUris)],
    [application.permissions ?? [], asked ?? []],
    [application.optional_permissions, optionalOf(draft, catalogue)],
    [application.own_permissions, draft.type === 'public' ? [] : namesOf(draft.own, catalogue)],
  ];
  return (
    draft.name.trim() !== application.name ||
    draft.homePage.trim() !== (application.home_page ?? '') ||
    draft.logo.change !== 'none' ||
    draft.schemesWithoutDot !== application.allows_schemes_without_dot ||
    (application.permissions === null) !== (asked === null) ||
    lists.some(([before, after]) => JSON.stringify([...before].sort()) !== JSON.stringify([...after].sort())) ||
    draft.keys.trim() !== draftOf(application).keys
  );
}
