/** One token or key: what it is, how it is used, which permissions it does not need. */

import { Badge, Button, Skeleton, Stack, Tabs, Title } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { ArrowLeft } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { creatorName } from '../kit/creator.ts';
import { canManage, pathOf, type Scope } from '../kit/credential-scope.ts';
import { useFormat } from '../kit/format.ts';
import { LastUse } from '../kit/last-use.tsx';
import { PermissionSummary } from '../kit/permission-summary.tsx';
import { Facts } from '../kit/section.tsx';
import shared from '../kit/shared.module.css';
import { Loaded, PageHeader } from '../kit/states.tsx';
import { AskError } from '../lib/ask.ts';
import { Expiry } from './CredentialList.tsx';
import classes from './credentials.module.css';
import { CredentialDialog, type DialogName } from './dialogs.tsx';
import { LeastPrivilege } from './LeastPrivilege.tsx';
import { Overlap } from './Overlap.tsx';
import { type Credential, type Detail, useCredential } from './queries.ts';
import { UndoNarrowing } from './UndoNarrowing.tsx';
import { cameFrom, kindWords, words } from './words.ts';

const UseChart = lazy(() => import('../kit/use-chart.tsx'));

interface PageProps {
  readonly scope: Scope;
  readonly id: string;
  /** For keys: what was minted from it. */
  readonly jwts?: ReactNode;
}

export function CredentialPage({ scope, id, jwts }: PageProps) {
  const detail = useCredential(scope, id);
  const navigate = useNavigate();
  const said = kindWords[scope.kind];
  const list = pathOf(scope);
  const isGone = detail.error instanceof AskError && detail.error.refusal.kind === 'not_found';
  return (
    <Stack gap="lg">
      <Link to={list} className={shared.back ?? ''}>
        <ArrowLeft size={16} aria-hidden="true" />
        {said.list}
      </Link>
      {isGone ? (
        <PageHeader title={said.gone} />
      ) : (
        <Loaded query={detail}>
          {(data) => (
            <CredentialDetail
              scope={scope}
              detail={data}
              onGone={() => navigate({ to: list })}
              {...(jwts === undefined ? {} : { jwts })}
            />
          )}
        </Loaded>
      )}
    </Stack>
  );
}

interface Props {
  readonly scope: Scope;
  readonly detail: Detail;
  /** Called when it was revoked: there is nothing to show any more. */
  readonly onGone: () => void;
  readonly jwts?: ReactNode;
}

function CredentialDetail({ scope, detail, onGone, jwts }: Props) {
  const [dialog, setDialog] = useState<DialogName | null>(null);
  const { credential, least, undo, requests_90_days: counts } = detail;
  const mayManage = canManage(scope);
  const overview = (
    <Stack gap="xl">
      <Overlap credential={credential} onDialog={mayManage ? setDialog : null} />
      {undo !== null && <UndoNarrowing scope={scope} credential={credential} undo={undo} />}
      <About credential={credential} />
      <section aria-labelledby="use-title">
        <Title order={2} size="h4" id="use-title">
          {words.chartTitle}
        </Title>
        <Suspense fallback={<Skeleton height={180} />}>
          <UseChart counts={counts} title={words.chartTitle} />
        </Suspense>
      </section>
      <LeastPrivilege scope={scope} credential={credential} least={least} />
    </Stack>
  );
  return (
    <Stack gap="lg">
      <PageHeader
        title={credential.name}
        intro={
          <>
            <span className={shared.mono}>{credential.starts_with}</span>{' '}
            {credential.environment === 'test' && (
              <Badge variant="default" tt="none">
                {words.test}
              </Badge>
            )}
          </>
        }
      >
        {mayManage && (
          <div className={`${shared.buttons} ${classes.verbs}`}>
            <Button size="sm" variant="default" onClick={() => setDialog('rename')}>
              {words.rename}
            </Button>
            <Button size="sm" variant="default" onClick={() => setDialog('narrow')}>
              {words.narrow}
            </Button>
            <Button size="sm" variant="default" onClick={() => setDialog('rotate')}>
              {words.rotate}
            </Button>
            <Button size="sm" variant="default" className={shared.danger ?? ''} onClick={() => setDialog('revoke')}>
              {words.revokeSubmit}
            </Button>
          </div>
        )}
      </PageHeader>
      {jwts === undefined ? (
        overview
      ) : (
        <Tabs defaultValue="overview" keepMounted={false}>
          <Tabs.List mb="lg">
            <Tabs.Tab value="overview">{words.overview}</Tabs.Tab>
            <Tabs.Tab value="jwts">{words.jwts}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="overview">{overview}</Tabs.Panel>
          <Tabs.Panel value="jwts">{jwts}</Tabs.Panel>
        </Tabs>
      )}
      {dialog !== null && (
        <CredentialDialog
          name={dialog}
          scope={scope}
          credential={credential}
          onClose={() => setDialog(null)}
          onRevoked={onGone}
        />
      )}
    </Stack>
  );
}

function About({ credential }: { credential: Credential }) {
  const format = useFormat();
  const creator = creatorName(credential.created_by);
  const facts: readonly (readonly [string, ReactNode])[] = [
    [words.columns.permissions, <PermissionSummary key="p" kind={credential.kind} permissions={credential.permissions} />],
    [words.addresses, credential.addresses === null ? words.addressesAny : credential.addresses.join(', ')],
    [words.columns.expires, <Expiry key="e" at={credential.expires_at} />],
    [
      words.columns.lastUsed,
      <LastUse key="u" at={credential.last_used_at} address={credential.last_address} userAgent={credential.last_user_agent} />,
    ],
    [words.created, `${format.date(credential.created_at)} · ${cameFrom(credential)}`],
    ...(creator === null ? [] : [[words.createdBy, creator] as const]),
    ...(credential.rotated_at === null ? [] : [[words.rotated, format.relative(credential.rotated_at)] as const]),
  ];
  return <Facts facts={facts} />;
}
