/** One user: how they sign in, where they are, and what an administrator can do. */

import { Button, Checkbox, Stack, Text, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { Api } from 'keyhouse/dashboard-api';
import { ArrowLeft } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { AdministratorsOnly } from '../kit/administrators-only.tsx';
import { ConfirmDialog } from '../kit/confirm.tsx';
import { useFormat } from '../kit/format.ts';
import { Facts } from '../kit/section.tsx';
import { useMe } from '../kit/session.ts';
import shared from '../kit/shared.module.css';
import { Loaded, PageHeader } from '../kit/states.tsx';
import { DataTable } from '../kit/table.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { words as kitWords } from '../kit/words.ts';
import { accountName } from '../lib/account-name.ts';
import { AskError, ask } from '../lib/ask.ts';
import classes from './operator.module.css';
import { UserState } from './UsersPage.tsx';
import { words } from './words.ts';

type Detail = Api['GET /operator/users/:id']['answer'];
const said = words.user;
const nameOf = ({ user }: Detail): string => user.display_name || user.email;

export const UserPage = () => (
  <AdministratorsOnly>
    <One />
  </AdministratorsOnly>
);

function One() {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const detail = useQuery({
    queryKey: ['operator', 'user', id],
    queryFn: () => ask('GET /operator/users/:id', { params: { id } }),
  });
  const isGone = detail.error instanceof AskError && detail.error.refusal.kind === 'not_found';
  return (
    <Stack gap="lg">
      <Link to="/operator/users" className={shared.back ?? ''}>
        <ArrowLeft size={16} aria-hidden="true" />
        {said.back}
      </Link>
      {isGone ? <PageHeader title={said.gone} /> : <Loaded query={detail}>{(data) => <UserDetail detail={data} />}</Loaded>}
    </Stack>
  );
}

function UserDetail({ detail }: { detail: Detail }) {
  const format = useFormat();
  const { user } = detail;
  return (
    <Stack gap="xl">
      <PageHeader title={nameOf(detail)} intro={<UserState user={user} />} />
      <Facts
        facts={[
          [said.email, `${user.email} (${user.email_verified ? said.verified : said.notVerified})`],
          [said.number, String(user.id)],
          [said.registered, format.date(user.created_at)],
          [said.seen, <TimeAgo key="s" at={user.last_seen_at} never={words.users.never} />],
          [
            words.accounts.log,
            <span key="l">
              <Link to="/operator/audit" search={{ actor: `user:${user.id}` } as never} className={shared.link ?? ''}>
                {said.log}
              </Link>
              <br />
              <Link to="/operator/audit" search={{ user: user.id } as never} className={shared.link ?? ''}>
                {said.logAbout}
              </Link>
            </span>,
          ],
        ]}
      />
      <Section title={said.factors}>
        <Facts
          facts={[
            [said.password, detail.has_password ? said.set : said.notSet],
            [said.passkeys, format.number(detail.passkeys)],
            [said.twoStep, detail.two_step ? said.on : said.off],
            [said.totp, detail.totp ? said.on : said.off],
            [said.recoveryCodes, format.number(detail.recovery_codes_left)],
            [said.tokens, format.number(detail.tokens)],
          ]}
        />
      </Section>
      <Section title={said.accounts}>
        <DataTable
          label={said.accounts}
          rows={detail.accounts}
          keyOf={({ id }) => id}
          columns={[
            {
              label: said.account,
              kind: 'head',
              cell: ({ id, ...account }) => accountName(account) || words.accounts.noName(id),
            },
            { label: said.kind, cell: ({ kind }) => said.kinds[kind] },
            { label: said.role, cell: ({ role }) => kitWords.roles[role] },
          ]}
        />
      </Section>
      <Section title={said.signIns}>
        {detail.sign_ins.length === 0 ? <Text c="dimmed">{said.noSignIns}</Text> : <SignIns signIns={detail.sign_ins} />}
        {detail.more_sign_ins && <Text c="dimmed">{said.moreSignIns}</Text>}
      </Section>
      <Actions detail={detail} />
    </Stack>
  );
}

const Section = ({ title, children }: { title: string; children: ReactNode }) => (
  <Stack gap="sm">
    <Title order={2} size="h4">
      {title}
    </Title>
    {children}
  </Stack>
);

function SignIns({ signIns }: { signIns: Detail['sign_ins'] }) {
  const format = useFormat();
  return (
    <DataTable
      label={said.signIns}
      rows={signIns}
      keyOf={({ id }) => id}
      columns={[
        {
          label: said.device,
          kind: 'head',
          cell: ({ browser, system, current }) => (
            <>
              {browser === null ? said.unknownBrowser : system === null ? browser : said.on_system(browser, system)}
              {current && <span className={shared.second}>{said.thisOne}</span>}
            </>
          ),
        },
        { label: said.address, cell: ({ address }) => address ?? '–' },
        { label: said.since, kind: 'when', cell: ({ created_at }) => format.date(created_at) },
        { label: said.lastSeen, kind: 'when', cell: ({ last_seen_at }) => <TimeAgo at={last_seen_at} /> },
      ]}
    />
  );
}

interface Act {
  readonly label: string;
  readonly text: string;
  readonly title: string;
  /** Shown once more before it is done. */
  readonly care?: string;
  readonly done: string;
  readonly danger?: boolean;
  /** Why it cannot be done now. */
  readonly reason: string | null;
  /** A checkbox in the same dialog, ticked at first. */
  readonly option?: { readonly label: string; readonly why: string };
  readonly run: (withOption: boolean) => Promise<unknown>;
}

function actsOf(detail: Detail, isSelf: boolean): readonly Act[] {
  const { user, open_invitations: invitations } = detail;
  const name = nameOf(detail);
  const params = { id: String(user.id) };
  const hasFactor = detail.totp || detail.passkeys > 0 || detail.recovery_codes_left > 0;
  return [
    {
      label: said.endSignIns,
      text: said.endSignInsText,
      title: said.endSignInsTitle(name),
      care: said.ends(said.endsSignIns(detail.sign_ins.length, detail.more_sign_ins)),
      ...(detail.sessions === 0 ? {} : { option: { label: said.withSessions(detail.sessions), why: said.withSessionsWhy } }),
      done: said.endedSignIns,
      reason: detail.sign_ins.length === 0 && detail.sessions === 0 ? said.nobodySignedIn : null,
      run: (withSessions) =>
        ask('POST /operator/users/:id/end-sign-ins', { params, query: withSessions ? { sessions: 'end' as const } : {} }),
    },
    {
      label: said.resetFactor,
      text: said.resetFactorText,
      title: said.resetFactorTitle(name),
      care: `${said.ends(said.endsFactors(detail))} ${said.resetFactorCare}`,
      done: said.didResetFactor,
      danger: true,
      reason: hasFactor ? null : said.noFactor,
      run: () => ask('POST /operator/users/:id/reset-second-factor', { params }),
    },
    {
      label: user.administrator ? said.takeAdministrator : said.makeAdministrator,
      text: user.administrator ? said.takeAdministratorText : said.makeAdministratorText,
      title: user.administrator ? said.takeAdministratorTitle(name) : said.makeAdministratorTitle(name),
      done: said.administratorSet,
      danger: user.administrator,
      reason: null,
      run: () => ask('PUT /operator/users/:id/administrator', { params, body: { administrator: !user.administrator } }),
    },
    user.disabled_at === null
      ? {
          label: said.disable,
          text: said.disableText,
          title: said.disableTitle(name),
          ...(invitations.length === 0 ? {} : { care: said.invitationsEnd(invitations.map(({ email }) => email)) }),
          done: said.didDisable(name),
          danger: true,
          reason: isSelf ? said.yourself : null,
          run: () => ask('POST /operator/users/:id/disable', { params }),
        }
      : {
          label: said.enable,
          text: said.enableText,
          title: said.enableTitle(name),
          done: said.didEnable(name),
          reason: null,
          run: () => ask('POST /operator/users/:id/enable', { params }),
        },
  ];
}

function Actions({ detail }: { detail: Detail }) {
  const queries = useQueryClient();
  const isSelf = useMe().data?.user.id === detail.user.id;
  const [asked, setAsked] = useState<Act | null>(null);
  const [withOption, setWithOption] = useState(true);
  const run = async (act: Act) => {
    await act.run(act.option !== undefined && withOption);
    await Promise.all([queries.invalidateQueries({ queryKey: ['operator'] }), queries.invalidateQueries({ queryKey: ['me'] })]);
    notifications.show({ message: act.done });
  };
  return (
    <section aria-labelledby="acts">
      <Title order={2} size="h4" id="acts" mb="sm">
        {said.actions}
      </Title>
      {actsOf(detail, isSelf).map((act) => (
        <div key={act.label} className={classes.act}>
          <p>
            {act.text}
            {act.reason !== null && ` ${act.reason}`}
          </p>
          <Button
            variant="default"
            disabled={act.reason !== null}
            onClick={() => {
              setWithOption(true);
              setAsked(act);
            }}
            {...(act.danger && act.reason === null ? { c: 'red' } : {})}
          >
            {act.label}
          </Button>
        </div>
      ))}
      {asked !== null && (
        <ConfirmDialog
          opened
          title={asked.title}
          action={asked.label}
          danger={asked.danger ?? false}
          onConfirm={() => run(asked)}
          onClose={() => setAsked(null)}
        >
          <Text size="sm">{asked.text}</Text>
          {asked.care !== undefined && <Text size="sm">{asked.care}</Text>}
          {asked.option !== undefined && (
            <Checkbox
              checked={withOption}
              onChange={(event) => setWithOption(event.currentTarget.checked)}
              label={asked.option.label}
              description={asked.option.why}
            />
          )}
        </ConfirmDialog>
      )}
    </section>
  );
}
