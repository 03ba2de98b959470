/** Email that this server wrote. */

import { Alert, Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Api } from 'keyhouse/dashboard-api';
import { Send } from 'lucide-react';
import { Breakable } from '../kit/breakable.tsx';
import { FormError } from '../kit/errors.tsx';
import { useForm } from '../kit/form.ts';
import { useSendsMail } from '../kit/session.ts';
import shared from '../kit/shared.module.css';
import { Tag } from '../kit/tag.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { ask } from '../lib/ask.ts';
import { ListPage } from './ListPage.tsx';
import { words } from './words.ts';

type Mail = Api['GET /operator/mails']['answer']['mails'][number];
const said = words.mails;
export const MAILS = ['operator', 'mails'] as const;
const TONES = { waiting: 'warn', sent: 'good', failed: 'danger', kept: 'plain' } as const;

export function MailsPage() {
  const queries = useQueryClient();
  const sendsMail = useSendsMail();
  const test = useForm(async () => {
    await ask('POST /operator/mails/test');
    await queries.invalidateQueries({ queryKey: MAILS });
    notifications.show({ message: said.tested });
  });
  return (
    <ListPage
      said={said}
      queryKey={MAILS}
      ask={(query) => ask('GET /operator/mails', { query })}
      rowsOf={({ mails }) => mails}
      keyOf={({ id }) => id}
      actions={
        <Button
          variant="default"
          leftSection={<Send size={16} aria-hidden="true" />}
          loading={test.isBusy}
          onClick={() => void test.submit()}
        >
          {sendsMail ? said.test : said.testNoMail}
        </Button>
      }
      above={(first) => (
        <>
          <FormError error={test.error} />
          {first?.smtp === false && (
            <Alert color="yellow" title={said.noSmtp}>
              {said.noSmtpText}
            </Alert>
          )}
        </>
      )}
      columns={[
        {
          label: said.columns.subject,
          kind: 'head',
          cell: ({ id, subject }) => (
            <Link to="/operator/mails/$id" params={{ id: String(id) }} className={shared.strong ?? ''} preload={false}>
              {subject}
            </Link>
          ),
        },
        { label: said.columns.to, kind: 'long', cell: ({ to }) => <Breakable text={to} /> },
        { label: said.columns.created, kind: 'when', cell: ({ created_at }) => <TimeAgo at={created_at} /> },
        { label: said.columns.state, cell: (mail) => <MailState mail={mail} /> },
      ]}
    />
  );
}

export const MailState = ({ mail }: { mail: Mail }) => (
  <>
    <Tag tone={TONES[mail.state]}>{said.states[mail.state]}</Tag>
    {mail.state === 'failed' && mail.error !== null && <span className={shared.second}>{mail.error}</span>}
  </>
);
