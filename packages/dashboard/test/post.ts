/** A real mail server for the tests of the pages: its mails are read with a real parser, and its links are followed. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { expect } from 'vitest';
import type { MailTransport } from '../../server/src/core/mail/mail.ts';
import { openSmtp } from '../../server/src/mail/smtp.ts';

export interface Post {
  readonly transport: MailTransport;
  /** Path and fragment of the newest link to a page, such as `/reset`, in the mails to a recipient. Waits for it. */
  linkTo(email: string, path: string): Promise<string>;
  /** The subjects of a recipient's mails, the oldest first. */
  subjectsTo(email: string): readonly string[];
  stop(): Promise<void>;
}

export async function startPost(): Promise<Post> {
  const inbox: Email[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', async () => {
        inbox.push(await PostalMime.parse(Buffer.concat(chunks)));
        done();
      });
    },
  });
  smtp.listen(0, '127.0.0.1');
  await once(smtp.server, 'listening');
  const { port } = smtp.server.address() as AddressInfo;
  const transport = openSmtp(`smtp://127.0.0.1:${port}`, 'Keyhouse <keys@example.com>');
  const to = (email: string) => inbox.filter((mail) => mail.to?.some(({ address }) => address === email));
  const used = new Set<string>();
  return {
    transport,
    linkTo: async (email, path) => {
      const find = (): string | undefined => {
        const links = to(email).flatMap(({ text }) => text?.match(/https?:\/\/\S+#[\w-]+/g) ?? []);
        const paths = links.map((link) => link.replace(/^https?:\/\/[^/]+/, ''));
        return paths.findLast((found) => found.startsWith(`${path}#`) && !used.has(found));
      };
      await expect.poll(find, { message: `a link to ${path} for ${email}` }).toBeTruthy();
      const found = find() ?? '';
      used.add(found);
      return found;
    },
    subjectsTo: (email) => to(email).map(({ subject }) => subject ?? ''),
    stop: async () => {
      transport.close();
      await new Promise<void>((resolve) => smtp.close(() => resolve()));
    },
  };
}
