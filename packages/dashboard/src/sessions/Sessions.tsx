/** On the page of the sign-ins: the applications that are signed in. */

import { Button, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { ConfirmDialog } from '../kit/confirm.tsx';
import { Row, Rows } from '../kit/rows.tsx';
import { Section } from '../kit/section.tsx';
import shared from '../kit/shared.module.css';
import { Loaded } from '../kit/states.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { type Session, useSessions, useVerbs } from './queries.ts';
import { words } from './words.ts';

export function Sessions() {
  const sessions = useSessions();
  const [asked, setAsked] = useState<Session | null>(null);
  const verbs = useVerbs();
  const end = async (session: Session) => {
    await verbs.end(session);
    notifications.show({ message: words.ended });
  };
  return (
    <Section title={words.sessionsTitle} intro={words.sessionsIntro}>
      <Loaded query={sessions}>
        {({ sessions: all }) =>
          all.length === 0 ? (
            <Text size="sm">{words.sessionsNone}</Text>
          ) : (
            <>
              <Rows label={words.sessionsTitle}>
                {all.map((session) => (
                  <Row
                    key={session.id}
                    title={session.application}
                    actions={
                      <Button
                        size="xs"
                        variant="default"
                        aria-label={words.endOf(session.application)}
                        onClick={() => setAsked(session)}
                      >
                        {words.end}
                      </Button>
                    }
                  >
                    <Where session={session} />
                    {words.seen} <TimeAgo at={session.last_used_at} /> · {words.opened} <TimeAgo at={session.created_at} />
                  </Row>
                ))}
              </Rows>
              <Link to="/settings/applications" className={shared.link ?? ''}>
                {words.all}
              </Link>
            </>
          )
        }
      </Loaded>
      {asked !== null && (
        <ConfirmDialog
          opened
          title={words.endTitle(asked.application)}
          action={words.end}
          onConfirm={() => end(asked)}
          onClose={() => setAsked(null)}
        >
          <Text size="sm">{words.endText}</Text>
        </ConfirmDialog>
      )}
    </Section>
  );
}

function Where({ session: { account, browser, system, address } }: { session: Session }) {
  const parts = [words.account(account), words.device(browser, system), address].filter((part) => part !== null);
  return <>{parts.join(' · ')} · </>;
}
