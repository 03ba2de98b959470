/** The applications of an account: register one, see what the others are used for. */

import { Alert, Button, Stack } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useRef, useState } from 'react';
import { Logo, Tags } from '../kit/application-tags.tsx';
import { ErrorState } from '../kit/errors.tsx';
import { useFormat } from '../kit/format.ts';
import shared from '../kit/shared.module.css';
import { EmptyState, Loaded, Loading, PageHeader } from '../kit/states.tsx';
import { DataTable, More } from '../kit/table.tsx';
import classes from './applications.module.css';
import { ClientShown } from './ClientShown.tsx';
import { CreateForm } from './CreateForm.tsx';
import { type Made, type Row, useApplications, useCatalogue } from './queries.ts';
import { words } from './words.ts';

type Step = { readonly at: 'list' } | { readonly at: 'form' } | { readonly at: 'made'; readonly made: Made };

export function Applications({ account, canManage }: { account: string; canManage: boolean }) {
  const [step, setStep] = useState<Step>({ at: 'list' });
  const create = useRef<HTMLButtonElement>(null);
  const list = useApplications(account);
  const catalogue = useCatalogue();
  const rows = list.data?.pages.flatMap((page) => page.applications) ?? [];
  // The button comes back in this render; it can take the focus after that has been drawn.
  const back = () => {
    setStep({ at: 'list' });
    requestAnimationFrame(() => create.current?.focus());
  };
  const button =
    step.at === 'list' && canManage ? (
      <Button ref={create} leftSection={<Plus size={16} aria-hidden="true" />} onClick={() => setStep({ at: 'form' })}>
        {words.create}
      </Button>
    ) : null;
  return (
    <Stack gap="lg">
      <PageHeader title={words.title} intro={words.intro}>
        {rows.length > 0 && button}
      </PageHeader>
      {!canManage && (
        <Alert variant="default" bg="transparent">
          {words.viewerReason}
        </Alert>
      )}
      {step.at === 'form' && (
        <Loaded query={catalogue}>
          {({ permissions }) => (
            <CreateForm
              account={account}
              catalogue={permissions}
              onMade={(made) => setStep({ at: 'made', made })}
              onCancel={back}
            />
          )}
        </Loaded>
      )}
      {step.at === 'made' && <ClientShown title={words.secretTitle} made={step.made} onDone={back} />}
      {list.data === undefined && (list.isError ? <ErrorState error={list.error} retry={() => list.refetch()} /> : <Loading />)}
      {rows.length > 0 && <List account={account} rows={rows} />}
      {list.data !== undefined && rows.length === 0 && step.at === 'list' && (
        <EmptyState title={words.emptyTitle} action={button}>
          {words.emptyText}
        </EmptyState>
      )}
      <More pages={list} />
    </Stack>
  );
}

function List({ account, rows }: { account: string; rows: readonly Row[] }) {
  const format = useFormat();
  return (
    <DataTable
      label={words.list}
      rows={rows}
      keyOf={({ id }) => id}
      columns={[
        {
          label: words.columns.name,
          kind: 'head',
          cell: (row) => (
            <span className={classes.nameCell}>
              <Logo url={row.logo_url} />
              <span>
                <span className={shared.nameLine}>
                  <Link
                    to="/accounts/$account/applications/$id"
                    params={{ account, id: String(row.id) }}
                    className={shared.strong ?? ''}
                  >
                    {row.name}
                  </Link>
                  <Tags application={row} />
                </span>
                <span className={classes.name}>{row.client_id}</span>
              </span>
            </span>
          ),
        },
        { label: words.columns.type, cell: ({ type }) => words.types[type] },
        {
          label: words.columns.sessions,
          kind: 'number',
          cell: ({ live_sessions }) => words.sessions(live_sessions, format.number(live_sessions)),
        },
        { label: words.columns.created, kind: 'when', cell: ({ created_at }) => format.date(created_at) },
      ]}
    />
  );
}
