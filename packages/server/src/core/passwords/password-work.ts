/** The questions and answers of the pool's threads, and the only set of Argon2id parameters. */

/** OWASP's first choice for Argon2id: 19 MiB, two passes, one lane. The PHC text of each new hash begins with it. */
export const ARGON2_PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
export const CURRENT_PREFIX = '$argon2id$v=19$m=19456,t=2,p=1$';

export type PasswordWork =
  | { readonly kind: 'hash'; readonly password: string }
  | { readonly kind: 'verify'; readonly hash: string; readonly password: string }
  | { readonly kind: 'is-common'; readonly password: string };

export type PasswordAnswer =
  | { readonly ok: true; readonly value: string | boolean }
  | { readonly ok: false; readonly message: string };
