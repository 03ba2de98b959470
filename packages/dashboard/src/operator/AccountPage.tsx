/** One account: what is in it, and whether anything in it is accepted. */

import { Alert, Button, Stack, Text, Textarea, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { Api } from 'keyhouse/dashboard-api';
import { ArrowLeft } from 'lucide-react';
import { useState } from 'react';
import { AdministratorsOnly } from '../kit/administrators-only.tsx';
import { ConfirmDialog } from '../kit/confirm.tsx';
import { EndsLines, EndsList, isCounted, useEnds } from '../kit/ends.tsx';
import { useFormat } from '../kit/format.ts';
import { Facts } from '../kit/section.tsx';
import shared from '../kit/shared.module.css';
import { Loaded, PageHeader } from '../kit/states.tsx';
import { Tag } from '../kit/tag.tsx';
import { accountName } from '../lib/account-name.ts';
import { AskError, ask } from '../lib/ask.ts';
import { entryOf } from '../lib/entry-of.ts';
import classes from './operator.module.css';
import { words } from './words.ts';

type Account = Api['GET /operator/accounts/:id']['answer']['account'];
const said = words.account;
const OPERATOR_KIND = 'operator';

export const AccountPage = () => (
  <AdministratorsOnly>
    <One />
  </AdministratorsOnly>
);

const getAccount = (id: string) => ask('GET /operator/accounts/:id', { params: { id } });
const nameOf = ({ id, kind, name, owner }: Account): string =>
  (kind === 'personal' ? owner : null) ?? (accountName({ kind, name }) || words.accounts.noName(id));

function One() {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const detail = useQuery({ queryKey: ['operator', 'account', id], queryFn: () => getAccount(id) });
  const isGone = detail.error instanceof AskError && detail.error.refusal.kind === 'not_found';
  return (
    <Stack gap="lg">
      <Link to="/operator/accounts" className={shared.back ?? ''}>
        <ArrowLeft size={16} aria-hidden="true" />
        {words.accounts.title}
      </Link>
      {isGone ? (
        <PageHeader title={said.gone} />
      ) : (
        <Loaded query={detail}>
          {({ account, ends }) => (
            <Stack gap="xl">
              <PageHeader title={nameOf(account)} intro={<AccountState account={account} />} />
              <Suspended account={account} />
              <About account={account} />
              <section aria-labelledby="contains">
                <Title order={2} size="h4" id="contains" mb="sm">
                  {said.contains}
                </Title>
                <EndsLines ends={ends} title={null} />
              </section>
              {account.kind !== OPERATOR_KIND && <Actions account={account} />}
            </Stack>
          )}
        </Loaded>
      )}
    </Stack>
  );
}

export const AccountState = ({ account }: { account: Pick<Account, 'suspension'> }) =>
  account.suspension === null ? said.active : <Tag tone="danger">{said.suspended}</Tag>;

function Suspended({ account: { suspension } }: { account: Account }) {
  const format = useFormat();
  if (suspension === null) return null;
  return (
    <Alert color="red" title={said.suspendedSince(format.date(suspension.since))}>
      {suspension.reason === null ? said.noReason : said.reasonIs(suspension.reason)}
    </Alert>
  );
}

function About({ account }: { account: Account }) {
  const format = useFormat();
  return (
    <Facts
      facts={[
        [words.accounts.columns.kind, entryOf(words.accounts.kinds, account.kind) ?? account.kind],
        [said.number, String(account.id)],
        [words.accounts.columns.owner, account.owner ?? '–'],
        [words.accounts.columns.created, format.date(account.created_at)],
        [
          words.accounts.log,
          <Link key="l" to="/operator/audit" search={{ account: account.id } as never} className={shared.link ?? ''}>
            {words.accounts.logOf(nameOf(account))}
          </Link>,
        ],
      ]}
    />
  );
}

/** A personal account is easily taken for the user, so the text differs. */
const suspendTextOf = ({ kind }: Account): string => (kind === 'personal' ? said.suspendPersonalText : said.suspendText);

type Asking = 'suspend' | 'resume' | 'delete' | null;

function Actions({ account }: { account: Account }) {
  const [asking, setAsking] = useState<Asking>(null);
  const close = () => setAsking(null);
  return (
    <section aria-labelledby="acts">
      <Title order={2} size="h4" id="acts" mb="sm">
        {words.user.actions}
      </Title>
      {account.suspension === null ? (
        <Act text={suspendTextOf(account)} label={said.suspend} danger onClick={() => setAsking('suspend')} />
      ) : (
        <Act text={said.resumeText} label={said.resume} onClick={() => setAsking('resume')} />
      )}
      <Act
        text={account.kind === 'personal' ? said.deletePersonalText : said.deleteText}
        label={said.delete}
        danger
        onClick={() => setAsking('delete')}
      />
      {asking === 'suspend' && <Suspend account={account} onClose={close} />}
      {asking === 'resume' && <Resume account={account} onClose={close} />}
      {asking === 'delete' && <Delete account={account} onClose={close} />}
    </section>
  );
}

function Act({ text, label, danger, onClick }: { text: string; label: string; danger?: boolean; onClick: () => void }) {
  return (
    <div className={classes.act}>
      <p>{text}</p>
      <Button variant="default" onClick={onClick} {...(danger ? { c: 'red' } : {})}>
        {label}
      </Button>
    </div>
  );
}

interface DialogProps {
  readonly account: Account;
  readonly onClose: () => void;
}

/** The pages of the operator, and those of an administrator who is a member too. */
function useDone() {
  const queries = useQueryClient();
  return async (message: string) => {
    await Promise.all([queries.invalidateQueries({ queryKey: ['operator'] }), queries.invalidateQueries({ queryKey: ['me'] })]);
    notifications.show({ message });
  };
}

function Suspend({ account, onClose }: DialogProps) {
  const done = useDone();
  const [reason, setReason] = useState('');
  const suspend = async () => {
    await ask('POST /operator/accounts/:id/suspend', {
      params: { id: String(account.id) },
      body: { reason: reason.trim() === '' ? null : reason.trim() },
    });
    await done(said.didSuspend(nameOf(account)));
  };
  return (
    <ConfirmDialog opened title={said.suspendTitle(nameOf(account))} action={said.suspend} onConfirm={suspend} onClose={onClose}>
      <Text size="sm">{suspendTextOf(account)}</Text>
      {account.kind === 'personal' && (
        <Text size="sm">
          <Link to="/operator/users" className={shared.link ?? ''}>
            {said.toStopThePerson}
          </Link>
        </Text>
      )}
      <Textarea
        label={said.reason}
        description={said.reasonHint}
        maxLength={500}
        autosize
        minRows={2}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </ConfirmDialog>
  );
}

function Resume({ account, onClose }: DialogProps) {
  const done = useDone();
  const resume = async () => {
    await ask('POST /operator/accounts/:id/resume', { params: { id: String(account.id) } });
    await done(said.didResume(nameOf(account)));
  };
  return (
    <ConfirmDialog
      opened
      title={said.resumeTitle(nameOf(account))}
      action={said.resume}
      danger={false}
      onConfirm={resume}
      onClose={onClose}
    >
      <Text size="sm">{said.resumeText}</Text>
    </ConfirmDialog>
  );
}

function Delete({ account, onClose }: DialogProps) {
  const id = String(account.id);
  const ends = useEnds(['operator', id], async () => (await getAccount(id)).ends, true);
  const name = nameOf(account);
  const remove = async () => {
    await ask('DELETE /operator/accounts/:id', { params: { id }, body: { name } });
    // Not by the router: everything that these pages remember of it is out of date.
    window.location.assign('/dashboard/operator/accounts');
  };
  return (
    <ConfirmDialog
      opened
      title={said.deleteTitle(name)}
      action={said.delete}
      typed={name}
      isReady={isCounted(ends)}
      onConfirm={remove}
      onClose={onClose}
    >
      <Text size="sm">{account.kind === 'personal' ? said.deletePersonalText : said.deleteText}</Text>
      <EndsList query={ends} />
    </ConfirmDialog>
  );
}
