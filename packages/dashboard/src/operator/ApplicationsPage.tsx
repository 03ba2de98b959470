/** Every application, and the operator's badges for it. */

import { Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Logo, Tags } from '../kit/application-tags.tsx';
import { applicationWords } from '../kit/application-words.ts';
import { ConfirmDialog } from '../kit/confirm.tsx';
import { useFormat } from '../kit/format.ts';
import { useMe } from '../kit/session.ts';
import shared from '../kit/shared.module.css';
import { RowMenu } from '../kit/table.tsx';
import { Tag } from '../kit/tag.tsx';
import { type Api, ask } from '../lib/ask.ts';
import { ListPage } from './ListPage.tsx';
import { words } from './words.ts';

type Application = Api['GET /operator/applications']['answer']['applications'][number];
type Verb = 'verify' | 'unverify' | 'first-party' | 'not-first-party';
const said = words.applications;
const KEY = ['operator', 'applications'] as const;

export function OperatorApplicationsPage() {
  const [asked, setAsked] = useState<{ verb: Verb; application: Application } | null>(null);
  const queries = useQueryClient();
  const format = useFormat();
  // Only the operator's own applications can be first-party.
  const operatorId = useMe().data?.accounts.find(({ kind }) => kind === 'operator')?.id;
  const onVerb = (verb: Verb, application: Application) => setAsked({ verb, application });
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
      // Even if it was changed after the administrator read it: they see its current state.
      await queries.invalidateQueries({ queryKey: KEY });
    }
    notifications.show({ message: said.done[verb](application.name) });
  };
  return (
    <>
      <ListPage
        said={said}
        queryKey={KEY}
        ask={(query) => ask('GET /operator/applications', { query })}
        rowsOf={({ applications }) => applications}
        keyOf={({ id }) => id}
        columns={[
          {
            label: said.columns.name,
            kind: 'head',
            cell: (row) => (
              <>
                <span className={shared.nameLine}>
                  <Logo url={row.logo_url} />
                  <span className={shared.strong ?? ''}>{row.name}</span>
                  <Tags application={row} />
                </span>
                <span className={shared.second}>{row.client_id}</span>
                {row.lost_badges !== null && (
                  <span className={shared.second}>
                    <Tag tone="warn">{applicationWords.lostTitle(row.lost_badges.badges)}</Tag>{' '}
                    {applicationWords.lost(row.lost_badges.changed)}
                  </span>
                )}
                {row.home_page !== null && <span className={shared.second}>{row.home_page}</span>}
              </>
            ),
          },
          {
            label: said.columns.account,
            cell: ({ account_name, account_id }) => account_name || said.account(account_id),
          },
          { label: said.columns.goes, cell: ({ redirect_uris: uris }) => hostsOf(uris) },
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
      {asked !== null && (
        <ConfirmDialog
          opened
          title={said.titles[asked.verb](asked.application.name)}
          action={said.verbs[asked.verb]}
          danger={asked.verb === 'unverify'}
          onConfirm={() => judge(asked)}
          onClose={() => setAsked(null)}
        >
          <p className={shared.text}>{said.texts[asked.verb]}</p>
        </ConfirmDialog>
      )}
    </>
  );
}

/** Hosts, or the scheme of an installed program: this shows who gets the codes. */
function hostsOf(uris: readonly string[]): string {
  const hosts = uris.map((uri) => (URL.canParse(uri) ? new URL(uri).host || new URL(uri).protocol : uri));
  return [...new Set(hosts)].join(', ') || '–';
}
