/** Composes a mail: words, branding, and a body that is sealed before it is handed on. */

import { createHmac } from 'node:crypto';
import { no, type Outcome, ok } from '@keyhouse/protocol';
import type { Clock } from '../lib/clock.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import { open, seal } from '../lib/seal.ts';
import { type Branding, htmlOf, oneLine, textOf } from './letter.ts';
import { type Facts, letters } from './letters.ts';
import type { MailDraft } from './mail.ts';
import { mailboxOf } from './mailbox.ts';

export interface Recipient {
  readonly email: string;
  /** Null if the recipient is not a registered user. */
  readonly userId: number | null;
}

/** `Facts` says what each kind needs. */
export type Compose = <Kind extends keyof Facts>(kind: Kind, to: Recipient, facts: Facts[Kind]) => MailDraft;

export interface MailBody {
  readonly text: string;
  readonly html: string;
}

/**
 * What a sealed body is bound to: copied to a mail to another recipient it does not open, so that no link goes to another
 * mailbox.
 */
export const mailSealName = (recipient: string): string => `mail:${recipient}`;

export function createCompose(ports: {
  readonly secret: MasterSecret;
  readonly clock: Clock;
  readonly branding: () => Branding;
  /** The public origin. */
  readonly url: string;
}): Compose {
  const mailboxKey = ports.secret.addressKey();
  return (kind, to, facts) => {
    const branding = ports.branding();
    const letter = letters[kind](facts, { brand: oneLine(branding.name), url: ports.url });
    const body: MailBody = { text: textOf(letter, branding), html: htmlOf(letter, branding) };
    return {
      kind,
      recipient: to.email,
      mailbox: createHmac('sha256', mailboxKey).update(mailboxOf(to.email)).digest('hex'),
      userId: to.userId,
      subject: letter.subject,
      sealedBody: seal(ports.secret, mailSealName(to.email), Buffer.from(JSON.stringify(body))),
      createdAtMs: ports.clock.now(),
    };
  };
}

/** `unopenable`: sealed under a master secret that is not ours. */
export function openBody(
  secrets: readonly MasterSecret[],
  { recipient, sealedBody }: { readonly recipient: string; readonly sealedBody: string },
): Outcome<MailBody, 'unopenable'> {
  const opened = open(secrets, mailSealName(recipient), sealedBody);
  return opened.ok ? ok(JSON.parse(opened.value.toString('utf8')) as MailBody) : no('unopenable');
}
