/** Personal accounts and teams. */

import { Link } from '@tanstack/react-router';
import { Breakable } from '../kit/breakable.tsx';
import { useFormat } from '../kit/format.ts';
import shared from '../kit/shared.module.css';
import { accountName } from '../lib/account-name.ts';
import { ask } from '../lib/ask.ts';
import { entryOf } from '../lib/entry-of.ts';
import { AccountState } from './AccountPage.tsx';
import { ListPage } from './ListPage.tsx';
import { words } from './words.ts';

const said = words.accounts;

export function AccountsPage() {
  const format = useFormat();
  return (
    <ListPage
      said={said}
      queryKey={['operator', 'accounts']}
      ask={(query) => ask('GET /operator/accounts', { query })}
      rowsOf={({ accounts }) => accounts}
      keyOf={({ id }) => id}
      columns={[
        {
          label: said.columns.name,
          kind: 'head',
          cell: (account) => (
            <>
              <Link to="/operator/accounts/$id" params={{ id: String(account.id) } as never} className={shared.link ?? ''}>
                {accountName(account) || said.noName(account.id)}
              </Link>
              <span className={shared.second}>
                {said.number(account.id)}
                {account.suspension !== null && (
                  <>
                    {' '}
                    <AccountState account={account} />
                  </>
                )}
              </span>
            </>
          ),
        },
        { label: said.columns.kind, cell: ({ kind }) => entryOf(said.kinds, kind) ?? kind },
        { label: said.columns.owner, kind: 'long', cell: ({ owner }) => (owner === null ? '–' : <Breakable text={owner} />) },
        { label: said.columns.members, kind: 'number', cell: ({ members }) => format.number(members) },
        { label: said.columns.keys, kind: 'number', cell: ({ keys }) => format.number(keys) },
        { label: said.columns.created, kind: 'when', cell: ({ created_at }) => format.date(created_at) },
        {
          label: said.columns.actions,
          kind: 'actions',
          cell: ({ id, name }) => (
            <Link
              to="/operator/audit"
              search={{ account: id } as never}
              className={shared.link ?? ''}
              aria-label={said.logOf(name || said.noName(id))}
            >
              {said.log}
            </Link>
          ),
        },
      ]}
    />
  );
}
