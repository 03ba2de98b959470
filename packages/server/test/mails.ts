/** Mails as they wait in the outbox. */
import Database from 'better-sqlite3';
import { MasterSecret } from '../src/core/lib/master-secret.ts';
import { open } from '../src/core/lib/seal.ts';
import { mailSealName } from '../src/core/mail/compose.ts';
import type { TestServer } from './server.ts';

const SECRET = new MasterSecret('a master secret for the tests, long enough');

/** What follows `marker`, such as `/invitation#`, in the newest mail to this address. */
export async function linkIn(server: TestServer, to: string, marker: string): Promise<string> {
  const database = new Database(server.database.url.slice('sqlite:'.length), { readonly: true });
  const row = database.prepare('SELECT sealed_body FROM mails WHERE recipient = ? ORDER BY id DESC').get(to) as
    | { sealed_body: string }
    | undefined;
  database.close();
  const opened = row === undefined ? null : open([SECRET], mailSealName(to), row.sealed_body);
  const text = opened?.ok === true ? opened.value.toString() : '';
  const found = text.split(marker)[1]?.match(/^[A-Za-z0-9_-]+/)?.[0];
  if (found === undefined) throw new Error(`There is no mail to ${to} with ${marker}.`);
  return found;
}

/** Kind and subject of every mail to this address, the oldest first. */
export function mailsTo(server: TestServer, to: string): readonly { kind: string; subject: string; text: string }[] {
  const database = new Database(server.database.url.slice('sqlite:'.length), { readonly: true });
  const rows = database.prepare('SELECT kind, subject, sealed_body FROM mails WHERE recipient = ? ORDER BY id').all(to) as {
    kind: string;
    subject: string;
    sealed_body: string;
  }[];
  database.close();
  return rows.map(({ kind, subject, sealed_body }) => {
    const opened = open([SECRET], mailSealName(to), sealed_body);
    return { kind, subject, text: opened.ok ? opened.value.toString() : '' };
  });
}
