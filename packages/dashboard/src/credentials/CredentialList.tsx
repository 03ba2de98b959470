/** The tokens of a user, or the keys of an account. */

import { Badge, Menu } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { creatorName } from '../kit/creator.ts';
import { canManage, pathOf, type Scope } from '../kit/credential-scope.ts';
import { useFormat } from '../kit/format.ts';
import { LastUse } from '../kit/last-use.tsx';
import { PermissionSummary } from '../kit/permission-summary.tsx';
import shared from '../kit/shared.module.css';
import { Sparkline } from '../kit/sparkline.tsx';
import { DataTable, RowMenu } from '../kit/table.tsx';
import classes from './credentials.module.css';
import { CredentialDialog, type DialogName } from './dialogs.tsx';
import type { Credential } from './queries.ts';
import { cameFrom, kindWords, words } from './words.ts';

interface Props {
  readonly scope: Scope;
  readonly credentials: readonly Credential[];
}

export function CredentialList({ scope, credentials }: Props) {
  const [dialog, setDialog] = useState<{ name: DialogName; credential: Credential } | null>(null);
  const { columns } = words;
  return (
    <>
      <DataTable
        label={kindWords[scope.kind].list}
        rows={credentials}
        keyOf={({ id }) => id}
        columns={[
          { label: columns.name, kind: 'head', cell: (credential) => <Name scope={scope} credential={credential} /> },
          {
            label: columns.permissions,
            cell: ({ permissions }) => <PermissionSummary kind={scope.kind} permissions={permissions} />,
          },
          {
            label: columns.lastUsed,
            cell: (each) => <LastUse at={each.last_used_at} address={each.last_address} userAgent={each.last_user_agent} />,
          },
          { label: columns.use, cell: ({ requests_by_day: counts }) => <Sparkline counts={counts} /> },
          { label: columns.expires, kind: 'when', cell: ({ expires_at: at }) => <Expiry at={at} /> },
          {
            label: columns.actions,
            kind: 'menu',
            cell: (credential) =>
              canManage(scope) && <Actions credential={credential} onDialog={(name) => setDialog({ name, credential })} />,
          },
        ]}
      />
      {dialog !== null && <CredentialDialog {...dialog} scope={scope} onClose={() => setDialog(null)} />}
    </>
  );
}

function Name({ scope, credential }: { scope: Scope; credential: Credential }) {
  const format = useFormat();
  const creator = creatorName(credential.created_by);
  return (
    <>
      <span className={shared.nameLine}>
        <Link to={pathOf(scope, credential.id)} className={shared.strong ?? ''}>
          {credential.name}
        </Link>
        {credential.environment === 'test' && (
          <Badge size="sm" variant="default" tt="none">
            {words.test}
          </Badge>
        )}
        {credential.overlap !== null && (
          <Badge size="sm" variant="default" tt="none">
            {words.rotating}
          </Badge>
        )}
      </span>
      <span className={shared.second}>
        {cameFrom(credential)} · <time dateTime={credential.created_at}>{format.date(credential.created_at)}</time>
        {scope.kind === 'key' && creator !== null && ` · ${words.by(creator)}`}
      </span>
    </>
  );
}

const SOON_MS = 14 * 86_400_000;

export function Expiry({ at }: { at: string | null }) {
  const format = useFormat();
  if (at === null) return <span className={shared.dim}>{words.neverExpires}</span>;
  const left = Date.parse(at) - Date.now();
  if (left <= 0) return <span className={classes.warn}>{words.expired}</span>;
  return (
    <time dateTime={at} title={format.dateTime(at)} className={left < SOON_MS ? classes.warn : undefined}>
      {left < SOON_MS ? format.relative(at) : format.date(at)}
    </time>
  );
}

function Actions({ credential, onDialog }: { credential: Credential; onDialog: (name: DialogName) => void }) {
  return (
    <RowMenu name={credential.name}>
      <Menu.Item onClick={() => onDialog('rename')}>{words.rename}</Menu.Item>
      <Menu.Item onClick={() => onDialog('narrow')}>{words.narrow}</Menu.Item>
      <Menu.Item onClick={() => onDialog('rotate')}>{words.rotate}</Menu.Item>
      <Menu.Divider />
      <Menu.Item className={shared.danger ?? ''} onClick={() => onDialog('revoke')}>
        {words.revokeSubmit}
      </Menu.Item>
    </RowMenu>
  );
}
