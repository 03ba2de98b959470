/**
 * What an endpoint of the browser's private API is: who may ask, what it takes, what it answers. The tables in this folder are
 * the only source for both sides: the server validates, serialises and guards by them, the dashboard takes its types from them.
 */
import { type Static, type TSchema, Type } from 'typebox';

/** In an account, from the least to the most. Each may do everything that the previous ones may. */
export const ROLES = ['viewer', 'developer', 'admin', 'owner'] as const;
export type Role = (typeof ROLES)[number];

/**
 * `anyone`: no sign-in is required. `signed-in`: any signed-in user. `administrator`: a user with the platform flag. A role: a
 * user with it, or a higher one, in the account that the path names as `:account`.
 */
export type Who = 'anyone' | 'signed-in' | 'administrator' | Role;

export interface Endpoint {
  readonly summary: string;
  readonly who: Who;
  /** Asks for the password or a passkey again if the last proof is older than ten minutes. */
  readonly proof?: true;
  /** Creates a secret: refused until the address is verified, if the installation requires that. */
  readonly verified?: true;
  /**
   * Allowed while the account is suspended: it only reads, or it ends access, which must not come back when the account is
   * resumed. Everything else except GET is refused then.
   */
  readonly whileSuspended?: true;
  /** It is about the personal account of the signed-in user, though the path does not name it. */
  readonly personal?: true;
  /** JSON; always an object, and members that are not named are refused. */
  readonly body?: TSchema;
  readonly query?: TSchema;
  /** Left out: 204. */
  readonly answer?: TSchema;
  /** The answer is a file to save, sent piece by piece, and not JSON. */
  readonly file?: true;
}

/** Keyed by method and path below `/dashboard/api`, such as `DELETE /tokens/:id`. */
export type Endpoints = Readonly<Record<`${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`, Endpoint>>;

export type BodyOf<E> = E extends { readonly body: infer Schema extends TSchema } ? Static<Schema> : undefined;
export type QueryOf<E> = E extends { readonly query: infer Schema extends TSchema } ? Static<Schema> : undefined;
export type AnswerOf<E> = E extends { readonly answer: infer Schema extends TSchema } ? Static<Schema> : undefined;

/** `{ account: string; id: string }` of `DELETE /accounts/:account/keys/:id`. */
export type ParamsOf<Name extends string> = Name extends `${string}:${infer Param}/${infer Rest}`
  ? { readonly [P in Param]: string } & ParamsOf<Rest>
  : Name extends `${string}:${infer Param}`
    ? { readonly [P in Param]: string }
    : unknown;

// What several tables share.

/** What ends with something that is about to be deleted, counted now and up to 10,000 of each. */
export const Ends = Type.Object({
  keys: Type.Integer(),
  tokens: Type.Integer(),
  jwts: Type.Integer(),
  applications: Type.Integer(),
  /** Of these applications, of any user. */
  application_sessions: Type.Integer(),
  /** That its users granted to applications of other accounts. */
  sessions: Type.Integer(),
  members: Type.Integer(),
  invitations: Type.Integer(),
  teams: Type.Integer(),
  /** Browsers that the user is signed in with. */
  sign_ins: Type.Integer(),
});

/** RFC 3339, UTC. */
export const Time = Type.String({ description: 'UTC, RFC 3339.' });
export const OptionalTime = Type.Union([Time, Type.Null()]);
export const Id = Type.Integer();
export const OptionalText = Type.Union([Type.String(), Type.Null()]);
/** Who created it: `user:7`, `operator`; null: not known. `name`: null where the user has none, or was deleted. */
export const CreatedBy = Type.Union([Type.Object({ actor: Type.String(), name: OptionalText }), Type.Null()]);
export const RoleName = Type.Union([
  Type.Literal('viewer'),
  Type.Literal('developer'),
  Type.Literal('admin'),
  Type.Literal('owner'),
]);
export const EmailInput = Type.String({ minLength: 1, maxLength: 254 });
export const PasswordInput = Type.String({ minLength: 1, maxLength: 4096 });
/** The secret of a link that came by mail. It travels in the fragment of the link and in bodies, never in a path or a query. */
export const TicketInput = Type.String({ minLength: 1, maxLength: 200 });
export const NameInput = Type.String({ minLength: 1, maxLength: 100 });
/** Lists come in pages, newest first: `next` is the `before` of the following page, null on the last one. */
export const Page = {
  before: Type.Optional(Type.String({ maxLength: 100 })),
  limit: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,2}$' })),
};
export const Next = OptionalText;
/**
 * The input or output of a browser's WebAuthn API, as JSON (WebAuthn Level 3 §5.1.8); `@simplewebauthn` gives it its type on both
 * sides.
 */
export const WebAuthnJson = Type.Object({}, { additionalProperties: true });
