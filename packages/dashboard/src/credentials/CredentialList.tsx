/** Credentials as a table, and as cards where a table has no room. The same cells in both. */
import { ActionIcon, Badge, Menu, VisuallyHidden } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Ellipsis } from 'lucide-react';
import { useState } from 'react';
import { creatorName } from '../kit/creator.ts';
import { useFormat } from '../kit/format.ts';
import { useRoom } from '../kit/room.ts';
import classes from './credentials.module.css';
import { CredentialDialog, type DialogName } from './dialogs.tsx';
import { LastUse } from './LastUse.tsx';
import { PermissionSummary } from './PermissionSummary.tsx';
import type { Credential } from './queries.ts';
import { Sparkline } from './Sparkline.tsx';
import { canManage, pathOf, type Scope } from './scope.ts';
import { cameFrom, kindWords, words } from './words.ts';

interface Props {
  readonly scope: Scope;
  readonly credentials: readonly Credential[];
}

/** In rem, for its six columns. */
const ROOM = 46;

export function CredentialList({ scope, credentials }: Props) {
  const [dialog, setDialog] = useState<{ name: DialogName; credential: Credential } | null>(null);
  const { columns } = words;
  const [box, hasRoom] = useRoom<HTMLDivElement>(ROOM);
  return (
    <>
      <div ref={box}>
        <table className={classes.list} aria-label={kindWords[scope.kind].list} {...(hasRoom ? {} : { 'data-cards': true })}>
          <thead>
            <tr>
              <th scope="col">{columns.name}</th>
              <th scope="col">{columns.permissions}</th>
              <th scope="col">{columns.lastUsed}</th>
              <th scope="col">{columns.use}</th>
              <th scope="col">{columns.expires}</th>
              <th scope="col">
                <span className={classes.hidden}>{columns.actions}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {credentials.map((credential) => (
              <tr key={credential.id}>
                <th scope="row">
                  <Name scope={scope} credential={credential} />
                </th>
                <td data-label={columns.permissions}>
                  <PermissionSummary kind={scope.kind} permissions={credential.permissions} />
                </td>
                <td data-label={columns.lastUsed}>
                  <LastUse
                    at={credential.last_used_at}
                    address={credential.last_address}
                    userAgent={credential.last_user_agent}
                  />
                </td>
                <td data-label={columns.use}>
                  <Sparkline counts={credential.requests_by_day} />
                </td>
                <td data-label={columns.expires} className={classes.when}>
                  <Expiry at={credential.expires_at} />
                </td>
                <td className={classes.listActions}>
                  {canManage(scope) && <RowMenu credential={credential} onDialog={(name) => setDialog({ name, credential })} />}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {dialog !== null && <CredentialDialog {...dialog} scope={scope} onClose={() => setDialog(null)} />}
    </>
  );
}

function Name({ scope, credential }: { scope: Scope; credential: Credential }) {
  const format = useFormat();
  const creator = creatorName(credential.created_by);
  return (
    <>
      <span className={classes.nameLine}>
        <Link to={pathOf(scope, credential.id)} className={classes.nameLink ?? ''}>
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
      <span className={classes.second}>
        {cameFrom(credential)} · <time dateTime={credential.created_at}>{format.date(credential.created_at)}</time>
        {scope.kind === 'key' && creator !== null && ` · ${words.by(creator)}`}
      </span>
    </>
  );
}

const SOON_MS = 14 * 86_400_000;

export function Expiry({ at }: { at: string | null }) {
  const format = useFormat();
  if (at === null) return <span className={classes.dim}>{words.neverExpires}</span>;
  const left = Date.parse(at) - Date.now();
  if (left <= 0) return <span className={classes.warn}>{words.expired}</span>;
  return (
    <time dateTime={at} title={format.dateTime(at)} className={left < SOON_MS ? classes.warn : undefined}>
      {left < SOON_MS ? format.relative(at) : format.date(at)}
    </time>
  );
}

export function RowMenu({ credential, onDialog }: { credential: Credential; onDialog: (name: DialogName) => void }) {
  return (
    <Menu position="bottom-end" withinPortal={false} withInitialFocusPlaceholder={false} returnFocus>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray">
          <Ellipsis size={18} aria-hidden="true" />
          <VisuallyHidden>{words.actionsFor(credential.name)}</VisuallyHidden>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => onDialog('rename')}>{words.rename}</Menu.Item>
        <Menu.Item onClick={() => onDialog('narrow')}>{words.narrow}</Menu.Item>
        <Menu.Item onClick={() => onDialog('rotate')}>{words.rotate}</Menu.Item>
        <Menu.Divider />
        <Menu.Item className={classes.danger ?? ''} onClick={() => onDialog('revoke')}>
          {words.revokeSubmit}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
