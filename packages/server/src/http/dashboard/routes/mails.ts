/** The operator's outbox: sent, waiting, and without a mail server what would have been sent. */
import { type Mail, stateOf } from '../../../core/mail/mail.ts';
import { Refusal } from '../../../core/refusal.ts';
import { invalid } from '../../faults.ts';
import { toOptionalTimestamp, toTimestamp } from '../../schemas.ts';
import { cutPage, readPage } from '../page.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { readId } from './refuse.ts';

export function mailsRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  const { administration } = keyhouse;

  serve('GET /operator/mails', async ({ query }) => {
    const page = readPage(query);
    const { rows, next } = cutPage(await administration.listMails({ ...page, limit: page.limit + 1 }), page.limit);
    return { smtp: keyhouse.facts.sendsMail, mails: rows.map(describe), next };
  });

  serve('GET /operator/mails/:id', async ({ params, by, signIn }) => {
    const mail = await administration.findMail(readId(params.id));
    if (mail === null) throw new Refusal({ code: 'not_found' });
    const body = await administration.readMail(mail, signIn.user, by);
    return { mail: describe(mail), text: body?.text ?? null, html: body?.html ?? null };
  });

  serve('POST /operator/mails/:id/retry', async ({ params, by }) => {
    const id = readId(params.id);
    if ((await administration.findMail(id)) === null) throw new Refusal({ code: 'not_found' });
    if (!(await administration.retryMail(id, by))) throw invalid('mail', 'It was already sent, or its text was deleted.');
  });

  serve('POST /operator/mails/test', async ({ signIn: { user }, by }) => await administration.sendTestMail(user, by));
}

const describe = (mail: Mail) => ({
  id: mail.id,
  kind: mail.kind,
  to: mail.recipient,
  subject: mail.subject,
  created_at: toTimestamp(mail.createdAtMs),
  state: stateOf(mail),
  sent_at: toOptionalTimestamp(mail.sentAtMs),
  tries: mail.tries,
  error: mail.error,
});
