/** One application: what it is, its settings, its users. */

import { Button, Stack, Tabs } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Link, useNavigate } from '@tanstack/react-router';
import { ArrowLeft } from 'lucide-react';
import { useState } from 'react';
import { Logo, Tags } from '../kit/application-tags.tsx';
import { ConfirmDialog } from '../kit/confirm.tsx';
import { EndsList, isCounted, useEnds } from '../kit/ends.tsx';
import shared from '../kit/shared.module.css';
import { Loaded, PageHeader } from '../kit/states.tsx';
import { AskError, ask } from '../lib/ask.ts';
import { EditForm } from './EditForm.tsx';
import { Overview } from './Overview.tsx';
import { type Detail, useApplication, useCatalogue, useVerbs } from './queries.ts';
import { RotateDialog } from './RotateDialog.tsx';
import { Sessions } from './Sessions.tsx';
import { words } from './words.ts';

interface Props {
  readonly account: string;
  readonly id: string;
  readonly canManage: boolean;
}

export function Application({ account, id, canManage }: Props) {
  const detail = useApplication(account, id);
  const isGone = detail.error instanceof AskError && detail.error.refusal.kind === 'not_found';
  return (
    <Stack gap="lg">
      <Link to="/accounts/$account/applications" params={{ account }} className={shared.back ?? ''}>
        <ArrowLeft size={16} aria-hidden="true" />
        {words.title}
      </Link>
      {isGone ? (
        <PageHeader title={words.gone} />
      ) : (
        <Loaded query={detail}>{(data) => <Known account={account} detail={data} canManage={canManage} />}</Loaded>
      )}
    </Stack>
  );
}

type Dialog = 'rotate' | 'delete' | 'end-overlap';

function Known({ account, detail, canManage }: Omit<Props, 'id'> & { detail: Detail }) {
  const { application } = detail;
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const navigate = useNavigate();
  const verbs = useVerbs(account);
  const catalogue = useCatalogue();
  const close = () => setDialog(null);
  const params = { account, id: String(application.id) };
  const ends = useEnds(
    ['application', application.id],
    () => ask('GET /accounts/:account/applications/:id/ends', { params }),
    dialog === 'delete',
  );
  const remove = async () => {
    await verbs.remove(application.id);
    notifications.show({ message: words.deleted(application.name) });
    await navigate({ to: '/accounts/$account/applications', params: { account } });
  };
  const endOverlap = async () => {
    await verbs.endOverlap(application.id);
    notifications.show({ message: words.endedOverlap });
  };
  return (
    <Stack gap="lg">
      <PageHeader
        title={application.name}
        intro={
          <span className={shared.nameLine}>
            <Logo url={application.logo_url} />
            {words.types[application.type]}
            <Tags application={application} />
          </span>
        }
      >
        {canManage && (
          <div className={shared.buttons}>
            {application.type === 'confidential' && (
              <Button size="sm" variant="default" onClick={() => setDialog('rotate')}>
                {words.rotate}
              </Button>
            )}
            <Button size="sm" variant="default" className={shared.danger ?? ''} onClick={() => setDialog('delete')}>
              {words.delete}
            </Button>
          </div>
        )}
      </PageHeader>
      <Tabs defaultValue="overview" keepMounted={false}>
        <Tabs.List mb="lg">
          <Tabs.Tab value="overview">{words.overview}</Tabs.Tab>
          {canManage && <Tabs.Tab value="settings">{words.settings}</Tabs.Tab>}
          <Tabs.Tab value="sessions">{words.sessionsTab}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="overview">
          <Overview
            application={application}
            catalogue={catalogue.data?.permissions ?? []}
            onEndOverlap={canManage ? () => setDialog('end-overlap') : null}
          />
        </Tabs.Panel>
        {canManage && (
          <Tabs.Panel value="settings">
            <Loaded query={catalogue}>
              {({ permissions }) => <EditForm account={account} application={application} catalogue={permissions} />}
            </Loaded>
          </Tabs.Panel>
        )}
        <Tabs.Panel value="sessions">
          <Sessions account={account} detail={detail} canManage={canManage} />
        </Tabs.Panel>
      </Tabs>
      {dialog === 'rotate' && <RotateDialog account={account} application={application} onClose={close} />}
      <ConfirmDialog
        opened={dialog === 'delete'}
        title={words.deleteTitle(application.name)}
        action={words.delete}
        typed={application.name}
        isReady={isCounted(ends)}
        onConfirm={remove}
        onClose={close}
      >
        <p className={shared.text}>{words.deleteText}</p>
        <EndsList query={ends} />
      </ConfirmDialog>
      <ConfirmDialog
        opened={dialog === 'end-overlap'}
        title={words.endOverlapTitle}
        action={words.endOverlap}
        onConfirm={endOverlap}
        onClose={close}
      >
        <p className={shared.text}>{words.endOverlapText}</p>
      </ConfirmDialog>
    </Stack>
  );
}
