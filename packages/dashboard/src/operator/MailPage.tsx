/** One mail as it would have been sent. */

import { Alert, Button, Stack, Tabs, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { Api } from 'keyhouse/dashboard-api';
import { ArrowLeft } from 'lucide-react';
import { useMemo } from 'react';
import { AdministratorsOnly } from '../kit/administrators-only.tsx';
import { ErrorState, FormError } from '../kit/errors.tsx';
import { useForm } from '../kit/form.ts';
import { useFormat } from '../kit/format.ts';
import { Facts } from '../kit/section.tsx';
import shared from '../kit/shared.module.css';
import { Loading, PageHeader } from '../kit/states.tsx';
import { AskError, ask } from '../lib/ask.ts';
import { MAILS, MailState } from './MailsPage.tsx';
import classes from './operator.module.css';
import { styledByNonce } from './preview.ts';
import { words } from './words.ts';

type Detail = Api['GET /operator/mails/:id']['answer'];
const said = words.mails;

export const MailPage = () => (
  <AdministratorsOnly>
    <One />
  </AdministratorsOnly>
);

function One() {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  // Requested only once: each reading is recorded.
  const detail = useQuery({
    queryKey: [...MAILS, id],
    queryFn: () => ask('GET /operator/mails/:id', { params: { id } }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const refusal = detail.error instanceof AskError ? detail.error.refusal.kind : null;
  return (
    <Stack gap="lg">
      <Link to="/operator/mails" className={shared.back ?? ''}>
        <ArrowLeft size={16} aria-hidden="true" />
        {said.back}
      </Link>
      {detail.data !== undefined ? (
        <MailDetail detail={detail.data} />
      ) : refusal === 'not_found' ? (
        <PageHeader title={said.gone} />
      ) : detail.isError ? (
        <>
          {refusal === 'proof_required' && <Text>{said.unread}</Text>}
          <ErrorState error={detail.error} retry={() => void detail.refetch()} />
        </>
      ) : (
        <Loading />
      )}
    </Stack>
  );
}

function MailDetail({ detail: { mail, text, html } }: { detail: Detail }) {
  const format = useFormat();
  const queries = useQueryClient();
  const retry = useForm(async () => {
    await ask('POST /operator/mails/:id/retry', { params: { id: String(mail.id) } });
    await queries.invalidateQueries({ queryKey: MAILS });
    notifications.show({ message: said.retried });
  });
  const mayRetry = mail.state === 'failed' || mail.state === 'waiting';
  return (
    <>
      <PageHeader title={mail.subject}>
        {mayRetry && (
          <Button variant="default" loading={retry.isBusy} onClick={() => void retry.submit()}>
            {said.retry}
          </Button>
        )}
      </PageHeader>
      <FormError error={retry.error} />
      <Facts
        facts={[
          [said.to, mail.to],
          [said.state, <MailState key="s" mail={mail} />],
          [said.written, format.dateTime(mail.created_at)],
          ...(mail.sent_at === null ? [] : [[said.sent, format.dateTime(mail.sent_at)] as const]),
          [said.tries, format.number(mail.tries)],
        ]}
      />
      {text === null && html === null ? (
        <Alert variant="default">{said.notKept}</Alert>
      ) : (
        <>
          <p className={shared.help}>{said.secretLink}</p>
          <Tabs defaultValue={html === null ? 'text' : 'html'} keepMounted={false}>
            <Tabs.List mb="md">
              {html !== null && <Tabs.Tab value="html">{said.html}</Tabs.Tab>}
              {text !== null && <Tabs.Tab value="text">{said.text}</Tabs.Tab>}
            </Tabs.List>
            {html !== null && (
              <Tabs.Panel value="html">
                <Preview html={html} />
              </Tabs.Panel>
            )}
            {text !== null && (
              <Tabs.Panel value="text">
                <pre className={classes.mail}>{text}</pre>
              </Tabs.Panel>
            )}
          </Tabs>
        </>
      )}
    </>
  );
}

/** No script, no form, no link out: the sandbox allows nothing, and the page's own policy applies inside too. */
function Preview({ html }: { html: string }) {
  const document = useMemo(() => styledByNonce(html), [html]);
  return <iframe className={classes.frame} title={said.preview} sandbox="" srcDoc={document} />;
}
