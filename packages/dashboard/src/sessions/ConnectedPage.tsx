/** Account settings → Connected applications. */

import { Button, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useBrand } from '../kit/brand.ts';
import { ConfirmDialog } from '../kit/confirm.tsx';
import shared from '../kit/shared.module.css';
import { EmptyState, Loaded, PageHeader } from '../kit/states.tsx';
import { Tag } from '../kit/tag.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { type Connected, useConnected, useSentences, useVerbs } from './queries.ts';
import classes from './sessions.module.css';
import { words } from './words.ts';

export function ConnectedPage() {
  const connected = useConnected();
  const [asked, setAsked] = useState<Connected | null>(null);
  const verbs = useVerbs();
  const disconnect = async (each: Connected) => {
    await verbs.disconnect(each);
    notifications.show({ message: words.disconnected(each.name) });
  };
  return (
    <Stack gap="lg">
      <PageHeader title={words.title} intro={words.intro} />
      <Loaded query={connected}>
        {({ applications }) =>
          applications.length === 0 ? (
            <EmptyState title={words.emptyTitle}>{words.emptyText}</EmptyState>
          ) : (
            <ul className={classes.cards} aria-label={words.list}>
              {applications.map((each) => (
                <Card key={each.id} connected={each} onDisconnect={() => setAsked(each)} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {asked !== null && (
        <ConfirmDialog
          opened
          title={words.disconnectTitle(asked.name)}
          action={words.disconnect}
          onConfirm={() => disconnect(asked)}
          onClose={() => setAsked(null)}
        >
          <p className={shared.text}>{words.disconnectText(asked.account)}</p>
          {asked.live_sessions > 0 && <p className={shared.text}>{words.disconnectEnds(asked.live_sessions)}</p>}
        </ConfirmDialog>
      )}
    </Stack>
  );
}

function Card({ connected, onDisconnect }: { connected: Connected; onDisconnect: () => void }) {
  const brand = useBrand();
  const sentenceOf = useSentences();
  const { name, account, permissions, scopes } = connected;
  const may = [
    ...(['openid', 'profile', 'email'] as const).filter((scope) => scopes.includes(scope)).map((scope) => words.knows[scope]),
    ...permissions.map(sentenceOf),
  ];
  return (
    <li className={classes.card}>
      <div className={classes.head}>
        {connected.logo_url !== null && <img src={connected.logo_url} alt="" className={classes.logo} loading="lazy" />}
        <div className={classes.what}>
          <h2 className={classes.name}>
            {connected.home_page === null ? (
              name
            ) : (
              <a href={connected.home_page} rel="noopener noreferrer" target="_blank">
                {name}
              </a>
            )}
            {connected.first_party && <Tag tone="accent">{words.firstParty(brand.name)}</Tag>}
            {!connected.first_party && !connected.verified && <Tag tone="warn">{words.unverified}</Tag>}
          </h2>
          <p className={classes.soft}>{words.account(account)}</p>
        </div>
        <Button size="xs" variant="default" aria-label={words.disconnectOf(name, account)} onClick={onDisconnect}>
          {words.disconnect}
        </Button>
      </div>
      {may.length > 0 && (
        <div>
          <h3 className={classes.may}>{words.may}</h3>
          <ul className={classes.sentences}>
            {may.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </div>
      )}
      <p className={classes.soft}>
        {words.since} <TimeAgo at={connected.since} /> · {words.used} <TimeAgo at={connected.last_used_at} never={words.never} />
        {connected.live_sessions > 0 && <> · {words.sessions(connected.live_sessions)}</>}
      </p>
    </li>
  );
}
