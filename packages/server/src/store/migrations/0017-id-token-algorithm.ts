/** Keys of both algorithms sign in parallel, and each application says which of them signs its ID tokens. */
import type { Migration } from './migration.ts';

export const idTokenAlgorithm: Migration = {
  name: '0017-id-token-algorithm',
  statements: ({ integer, text }) => [
    'DROP INDEX signing_keys_one_of_a_state',
    `CREATE UNIQUE INDEX signing_keys_one_of_a_state ON signing_keys (algorithm, state) WHERE state IN ('next', 'current')`,
    `ALTER TABLE applications ADD COLUMN id_token_algorithm ${text} NOT NULL DEFAULT 'ES256' CHECK (id_token_algorithm IN ('ES256', 'RS256'))`,
    // 1: its redirect URIs may have private schemes without a dot, which nobody owns.
    `ALTER TABLE applications ADD COLUMN schemes_without_dot ${integer} NOT NULL DEFAULT 0`,
  ],
};
