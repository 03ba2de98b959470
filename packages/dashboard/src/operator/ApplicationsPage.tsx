/** Every application, and the operator's word on it. */
import { Menu, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useMe } from '../app/session.ts';
import { Logo, Tags } from '../applications/Tags.tsx';
import { words as applicationWords } from '../applications/words.ts';
import { ConfirmDialog } from '../kit/confirm.tsx';
import { ErrorState } from '../kit/errors.tsx';
import { useFormat } from '../kit/format.ts';
import { EmptyState, Loading, PageHeader } from '../kit/states.tsx';
import { DataTable, More, RowMenu, tableClasses } from '../kit/table.tsx';
import { Tag } from '../kit/tag.tsx';
import { type Api, ask } from '../lib/ask.ts';
import { Operator } from './Operator.tsx';
import classes from './operator.module.css';
import { SearchField, useSearch } from './search.tsx';
import { words } from './words.ts';

type Application = Api['GET /operator/applications']['answer']['applications'][number];
type Verb = 'verify' | 'unverify' | 'first-party' | 'not-first-party';
const said = words.applications;
const KEY = ['operator', 'applications'] as const;

export const OperatorApplicationsPage = () => (
  <Operator>
    <Applications />
  </Operator>
);

function Applications() {
  const search = useSearch();
  const [asked, setAsked] = useState<{ verb: Verb; application: Application } | null>(null);
  const queries = useQueryClient();
  const applications = useInfiniteQuery({
    queryKey: [...KEY, search.query],
    queryFn: ({ pageParam }) =>
      ask('GET /operator/applications', {
        query: { ...(search.query === '' ? {} : { q: search.query }), ...(pageParam === null ? {} : { before: pageParam }) },
      }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
  });
  const rows = applications.data?.pages.flatMap((page) => page.applications) ?? [];
  const judge = async ({ verb, application }: NonNullable<typeof asked>) => {
    const params = { id: String(application.id) };
    const { version } = application;
    try {
      if (verb === 'verify' || verb === 'unverify')
        await ask('PUT /operator/applications/:id/verified', { params, body: { verified: verb === 'verify', version } });
      else
        await ask('PUT /operator/applications/:id/first-party', {
          params,
          body: { first_party: verb === 'first-party', version },
        });
    } finally {
      // Also where it was changed after the administrator looked: they see it as it is now.
      await queries.invalidateQueries({ queryKey: KEY });
    }
    notifications.show({ message: said.done[verb](application.name) });
  };
  return (
    <Stack gap="lg">
      <PageHeader title={said.title} intro={said.intro} />
      <SearchField label={said.search} text={search.text} onChange={search.setText} />
      {applications.data === undefined &&
        (applications.isError ? (
          <ErrorState error={applications.error} retry={() => void applications.refetch()} />
        ) : (
          <Loading />
        ))}
      {applications.data !== undefined &&
        rows.length === 0 &&
        (search.query === '' ? (
          <EmptyState title={said.empty}>{said.emptyText}</EmptyState>
        ) : (
          <EmptyState title={words.nothingFound}>{words.nothingFoundText}</EmptyState>
        ))}
      {rows.length > 0 && <List rows={rows} onVerb={(verb, application) => setAsked({ verb, application })} />}
      <More pages={applications} />
      {asked !== null && (
        <ConfirmDialog
          opened
          title={said.titles[asked.verb](asked.application.name)}
          action={said.verbs[asked.verb]}
          danger={asked.verb === 'unverify'}
          onConfirm={() => judge(asked)}
          onClose={() => setAsked(null)}
        >
          <p className={classes.plainText}>{said.texts[asked.verb]}</p>
        </ConfirmDialog>
      )}
    </Stack>
  );
}

function List({ rows, onVerb }: { rows: readonly Application[]; onVerb: (verb: Verb, application: Application) => void }) {
  const format = useFormat();
  // First-party belongs to the operator's own applications.
  const operatorId = useMe().data?.accounts.find(({ kind }) => kind === 'operator')?.id;
  return (
    <DataTable
      label={said.list}
      rows={rows}
      keyOf={({ id }) => id}
      columns={[
        {
          label: said.columns.name,
          kind: 'head',
          cell: (row) => (
            <>
              <span className={classes.badges}>
                <Logo url={row.logo_url} />
                <span className={tableClasses.strong ?? ''}>{row.name}</span>
                <Tags application={row} />
              </span>
              <span className={tableClasses.second}>{row.client_id}</span>
              {row.lost_badges !== null && (
                <span className={tableClasses.second}>
                  <Tag tone="warn">{applicationWords.lostTitle(row.lost_badges.badges)}</Tag>{' '}
                  {applicationWords.lost(row.lost_badges.changed)}
                </span>
              )}
              {row.home_page !== null && <span className={tableClasses.second}>{row.home_page}</span>}
            </>
          ),
        },
        {
          label: said.columns.account,
          cell: ({ account_name, account_id }) => account_name || said.account(account_id),
        },
        { label: said.columns.goes, cell: ({ redirect_uris: uris }) => placesOf(uris) },
        {
          label: said.columns.asks,
          cell: ({ permissions }) =>
            permissions === null ? said.anything : permissions.length === 0 ? said.nothing : permissions.join(', '),
        },
        { label: said.columns.sessions, kind: 'number', cell: ({ live_sessions }) => format.number(live_sessions) },
        { label: said.columns.created, kind: 'when', cell: ({ created_at }) => format.date(created_at) },
        {
          label: said.columns.actions,
          kind: 'menu',
          cell: (row) => (
            <RowMenu name={row.name}>
              <Menu.Item onClick={() => onVerb(row.verified_at === null ? 'verify' : 'unverify', row)}>
                {said.verbs[row.verified_at === null ? 'verify' : 'unverify']}
              </Menu.Item>
              {row.account_id === operatorId && (
                <Menu.Item onClick={() => onVerb(row.first_party ? 'not-first-party' : 'first-party', row)}>
                  {said.verbs[row.first_party ? 'not-first-party' : 'first-party']}
                </Menu.Item>
              )}
            </RowMenu>
          ),
        },
      ]}
    />
  );
}

/** Hosts, or the scheme of an installed program: what tells who gets the codes. */
function placesOf(uris: readonly string[]): string {
  const places = uris.map((uri) => (URL.canParse(uri) ? new URL(uri).host || new URL(uri).protocol : uri));
  return [...new Set(places)].join(', ') || '–';
}
