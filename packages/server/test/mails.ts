/** Mails as they wait in the outbox. */
import Database from 'better-sqlite3';
import { MasterSecret } from '../src/core/lib/master-secret.ts';
import { open } from '../src/core/lib/seal.ts';
import { mailSealName } from '../src/core/mail/compose.ts';
import type { TestServer } from './server.ts';

const SECRET = new MasterSecret('a master secret for the tests, long enough');

/** What follows `marker`, such as `/invitation#`, in the newest mail to this address that holds it. On either database. */
export async function linkIn(server: TestServer, to: string, marker: string): Promise<string> {
  const text = (await mailsOf(server, to)).findLast((mail) => mail.text.includes(marker))?.text ?? '';
  const found = text.split(marker)[1]?.match(/^[A-Za-z0-9_-]+/)?.[0];
  if (found === undefined) throw new Error(`There is no mail to ${to} with ${marker}.`);
  return found;
}

/** Every mail to this address, the oldest first. On either database. */
export async function mailsOf(server: TestServer, to: string): Promise<readonly { kind: string; text: string }[]> {
  const { mails } = server.store;
  const found: { kind: string; text: string }[] = [];
  for (let page = await mails.listMails({ limit: 200 }); ; ) {
    for (const { id, recipient } of page) {
      const mail = recipient === to ? await mails.findMail(id) : null;
      if (mail === null || mail.sealedBody === null) continue;
      const opened = open([SECRET], mailSealName(to), mail.sealedBody);
      found.unshift({ kind: mail.kind, text: opened.ok ? opened.value.toString() : '' });
    }
    const last = page.at(-1);
    if (last === undefined) return found;
    page = await mails.listMails({ beforeId: last.id, limit: 200 });
  }
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
