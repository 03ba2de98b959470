import { describe, expect, it } from 'vitest';
import { type House, OPERATOR, openHouse, SECRET } from '../../../test/house.ts';
import { userNow } from '../../../test/house-things.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../lib/clock.ts';
import { type DeliverPorts, deliverMails, nextTry } from './deliver.ts';
import { type MailTransport, stateOf } from './mail.ts';

type Sent = Parameters<MailTransport['send']>[0];

/** A mail server that accepts what the test tells it to accept. */
function serverThat(send: (mail: Sent) => void) {
  const sent: Sent[] = [];
  const transport: MailTransport = {
    send: async (mail) => {
      send(mail);
      sent.push(mail);
    },
    close: () => {},
  };
  return { sent, transport };
}

async function withMail(transport: MailTransport, more: Partial<DeliverPorts> = {}) {
  const house = await openHouse();
  const user = await house.user();
  await house.keyhouse.administration.sendTestMail(await userNow(house, user), OPERATOR);
  const ports = {
    ...{ mails: house.store.mails, transport, secrets: [SECRET], clock: house.clock, host: 'keys.example.com' },
    ...{ log: { info: () => {}, warn: () => {}, error: () => {} }, stopping: new AbortController().signal, ...more },
  };
  return { house, user, deliver: () => deliverMails(ports) };
}

async function newest({ store }: House) {
  const [mail] = await store.mails.listMails({ limit: 1 });
  const found = mail === undefined ? null : await store.mails.findMail(mail.id);
  if (found === null) throw new Error('There is no mail.');
  return found;
}

describe('delivering', () => {
  it('hands a mail over once, with an id that stays, and drops its body', async () => {
    const { sent, transport } = serverThat(() => {});
    const { house, user, deliver } = await withMail(transport);
    await deliver();
    await deliver();
    const mail = await newest(house);
    expect(sent).toEqual([
      {
        ...{ to: user.email, subject: 'A test from Keyhouse', html: expect.stringContaining('<!doctype html>') },
        ...{
          text: 'This server can send mail.\n\n-- \nKeyhouse\n',
          id: `<mail-${mail.id}-${mail.createdAtMs}@keys.example.com>`,
        },
      },
    ]);
    expect(mail.sealedBody).toBeNull();
    expect(stateOf(mail)).toBe('sent');
  });

  it('tries again a minute after a failure and notes why, without what looks like a secret', async () => {
    let isUp = false;
    const { sent, transport } = serverThat(() => {
      if (!isUp) throw new Error('Refused:\r\nhttps://keys.example.com/reset#abcdefghijklmnop');
    });
    const { house, deliver } = await withMail(transport);
    await deliver();
    const failed = await newest(house);
    expect(failed).toMatchObject({ tries: 1, error: 'Refused: https://keys.example.com/reset#[secret]' });
    expect(failed.nextTryAtMs).toBe(house.clock.now() + MINUTE_MS);
    isUp = true;
    house.clock.atMs += MINUTE_MS - 1;
    await deliver();
    expect(sent).toEqual([]);
    house.clock.atMs += 1;
    await deliver();
    expect(sent).toHaveLength(1);
  });

  it('is done by one of two servers that look at once', async () => {
    const { sent, transport } = serverThat(() => {});
    const { deliver } = await withMail(transport);
    await Promise.all([deliver(), deliver()]);
    expect(sent).toHaveLength(1);
  });

  it('begins no mail once the server stops', async () => {
    const { sent, transport } = serverThat(() => {});
    const { deliver } = await withMail(transport, { stopping: AbortSignal.abort() });
    await deliver();
    expect(sent).toEqual([]);
  });
});

describe('the next try', () => {
  it('comes later each time, six hours apart at most, and never after two days', () => {
    const inMinutes = (tries: number, ageMs = 0) => {
      const at = nextTry({ tries, createdAtMs: -ageMs }, 0);
      return at === null ? null : at / MINUTE_MS;
    };
    expect([1, 2, 3, 4, 9, 10, 100].map((tries) => inMinutes(tries))).toEqual([1, 2, 4, 8, 256, 360, 360]);
    expect(360 * MINUTE_MS).toBe(6 * HOUR_MS);
    expect(inMinutes(10, 2 * DAY_MS)).toBe(360);
    expect(inMinutes(10, 2 * DAY_MS + 1)).toBeNull();
  });
});

describe('the state of a mail', () => {
  it('says whether it waits, was sent, was given up, or is kept to be read', () => {
    const mail = { id: 1, kind: 'test', recipient: '', subject: '', createdAtMs: 0, tries: 0 } as const;
    const of = (rest: { nextTryAtMs: number | null; sentAtMs: number | null; error: string | null }) =>
      stateOf({ ...mail, ...rest });
    expect(of({ nextTryAtMs: 1, sentAtMs: null, error: 'no' })).toBe('waiting');
    expect(of({ nextTryAtMs: null, sentAtMs: 1, error: null })).toBe('sent');
    expect(of({ nextTryAtMs: null, sentAtMs: null, error: 'no' })).toBe('failed');
    expect(of({ nextTryAtMs: null, sentAtMs: null, error: null })).toBe('kept');
  });
});
