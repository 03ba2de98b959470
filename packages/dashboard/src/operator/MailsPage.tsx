/** Email that this server wrote. */
import { Alert, Button, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Api } from 'keyhouse/dashboard-api';
import { Send } from 'lucide-react';
import { useSendsMail } from '../app/session.ts';
import { Breakable } from '../kit/breakable.tsx';
import { ErrorState, FormError } from '../kit/errors.tsx';
import { useForm } from '../kit/form.ts';
import { EmptyState, Loading, PageHeader } from '../kit/states.tsx';
import { DataTable, More, tableClasses } from '../kit/table.tsx';
import { Tag } from '../kit/tag.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { ask } from '../lib/ask.ts';
import { Operator } from './Operator.tsx';
import { words } from './words.ts';

type Mail = Api['GET /operator/mails']['answer']['mails'][number];
const said = words.mails;
export const MAILS = ['operator', 'mails'] as const;
const TONES = { waiting: 'warn', sent: 'good', failed: 'danger', kept: 'plain' } as const;

export const MailsPage = () => (
  <Operator>
    <Mails />
  </Operator>
);

function Mails() {
  const queries = useQueryClient();
  const sendsMail = useSendsMail();
  const mails = useInfiniteQuery({
    queryKey: MAILS,
    queryFn: ({ pageParam }) => ask('GET /operator/mails', { query: pageParam === null ? {} : { before: pageParam } }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });
  const test = useForm(async () => {
    await ask('POST /operator/mails/test');
    await queries.invalidateQueries({ queryKey: MAILS });
    notifications.show({ message: said.tested });
  });
  const rows = mails.data?.pages.flatMap((page) => page.mails) ?? [];
  return (
    <Stack gap="lg">
      <PageHeader title={said.title} intro={said.intro}>
        <Button
          variant="default"
          leftSection={<Send size={16} aria-hidden="true" />}
          loading={test.isBusy}
          onClick={() => void test.submit()}
        >
          {sendsMail ? said.test : said.testNoMail}
        </Button>
      </PageHeader>
      <FormError error={test.error} />
      {mails.data?.pages[0]?.smtp === false && (
        <Alert color="yellow" title={said.noSmtp}>
          {said.noSmtpText}
        </Alert>
      )}
      {mails.data === undefined &&
        (mails.isError ? <ErrorState error={mails.error} retry={() => void mails.refetch()} /> : <Loading />)}
      {mails.data !== undefined && rows.length === 0 && <EmptyState title={said.empty}>{said.emptyText}</EmptyState>}
      {rows.length > 0 && (
        <DataTable
          label={said.list}
          rows={rows}
          keyOf={({ id }) => id}
          columns={[
            {
              label: said.columns.subject,
              kind: 'head',
              cell: ({ id, subject }) => (
                <Link to="/operator/mails/$id" params={{ id: String(id) }} className={tableClasses.strong ?? ''} preload={false}>
                  {subject}
                </Link>
              ),
            },
            { label: said.columns.to, kind: 'long', cell: ({ to }) => <Breakable text={to} /> },
            { label: said.columns.created, kind: 'when', cell: ({ created_at }) => <TimeAgo at={created_at} /> },
            { label: said.columns.state, cell: (mail) => <MailState mail={mail} /> },
          ]}
        />
      )}
      <More pages={mails} />
    </Stack>
  );
}

export const MailState = ({ mail }: { mail: Mail }) => (
  <>
    <Tag tone={TONES[mail.state]}>{said.states[mail.state]}</Tag>
    {mail.state === 'failed' && mail.error !== null && <span className={tableClasses.second}>{mail.error}</span>}
  </>
);
