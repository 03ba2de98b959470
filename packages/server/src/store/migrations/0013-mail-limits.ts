/** How many mails of each kind a mailbox got lately, no matter who caused them. */
import type { Migration } from './migration.ts';

export const mailLimits: Migration = {
  name: '0013-mail-limits',
  statements: ({ integer, text, bytes, endClustered }) => [
    `CREATE TABLE mail_limits (
      /* A keyed hash of the address without its subaddress. */
      mailbox ${bytes} NOT NULL,
      kind ${text} NOT NULL,
      mails ${integer} NOT NULL,
      /* Then it is counted again from the beginning. */
      ends_at_ms ${integer} NOT NULL,
      PRIMARY KEY (mailbox, kind)
    )${endClustered}`,
    `CREATE INDEX mail_limits_end ON mail_limits (ends_at_ms)`,
  ],
};
