/** Personal accounts and teams. */

import { Stack } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Breakable } from '../kit/breakable.tsx';
import { ErrorState } from '../kit/errors.tsx';
import { useFormat } from '../kit/format.ts';
import { EmptyState, Loading, PageHeader } from '../kit/states.tsx';
import { DataTable, More, tableClasses } from '../kit/table.tsx';
import { accountName } from '../lib/account-name.ts';
import { ask } from '../lib/ask.ts';
import { entryOf } from '../lib/entry-of.ts';
import { AccountState } from './AccountPage.tsx';
import { Operator } from './Operator.tsx';
import classes from './operator.module.css';
import { SearchField, useSearch } from './search.tsx';
import { words } from './words.ts';

const said = words.accounts;

export const AccountsPage = () => (
  <Operator>
    <Accounts />
  </Operator>
);

function Accounts() {
  const search = useSearch();
  const format = useFormat();
  const accounts = useInfiniteQuery({
    queryKey: ['operator', 'accounts', search.query],
    queryFn: ({ pageParam }) =>
      ask('GET /operator/accounts', {
        query: { ...(search.query === '' ? {} : { q: search.query }), ...(pageParam === null ? {} : { before: pageParam }) },
      }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
  });
  const rows = accounts.data?.pages.flatMap((page) => page.accounts) ?? [];
  return (
    <Stack gap="lg">
      <PageHeader title={said.title} intro={said.intro} />
      <SearchField label={words.searchAccounts} text={search.text} onChange={search.setText} />
      {accounts.data === undefined &&
        (accounts.isError ? <ErrorState error={accounts.error} retry={() => void accounts.refetch()} /> : <Loading />)}
      {accounts.data !== undefined && rows.length === 0 && (
        <EmptyState title={words.nothingFound}>{words.nothingFoundText}</EmptyState>
      )}
      {rows.length > 0 && (
        <DataTable
          label={said.list}
          rows={rows}
          keyOf={({ id }) => id}
          columns={[
            {
              label: said.columns.name,
              kind: 'head',
              cell: (account) => (
                <>
                  <Link to="/operator/accounts/$id" params={{ id: String(account.id) } as never} className={classes.link ?? ''}>
                    {accountName(account) || said.noName(account.id)}
                  </Link>
                  <span className={tableClasses.second}>
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
                  className={classes.link ?? ''}
                  aria-label={said.logOf(name || said.noName(id))}
                >
                  {said.log}
                </Link>
              ),
            },
          ]}
        />
      )}
      <More pages={accounts} />
    </Stack>
  );
}
