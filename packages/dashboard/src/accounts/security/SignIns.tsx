import { Badge, Button, Checkbox, Text } from '@mantine/core';
import { useState } from 'react';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { Row, Rows } from '../../kit/rows.tsx';
import { Section } from '../../kit/section.tsx';
import { TimeAgo } from '../../kit/time.tsx';
import { ask } from '../../lib/ask.ts';
import { type Security, useChanged } from './queries.ts';
import { words } from './words.ts';

type SignIn = Security['sign_ins'][number];
const said = words.signIns;
const deviceOf = ({ browser, system }: SignIn): string => said.device(browser, system);

type Props = Pick<Security, 'sign_ins' | 'more_sign_ins' | 'sessions_elsewhere'>;

export function SignIns({ sign_ins: signIns, more_sign_ins: hasMore, sessions_elsewhere: elsewhere }: Props) {
  const [asked, setAsked] = useState<SignIn | 'others' | null>(null);
  const [withSessions, setWithSessions] = useState(true);
  const changed = useChanged();
  const sessions = asked === null ? 0 : asked === 'others' ? elsewhere : asked.sessions;
  const end = async (what: SignIn | 'others') => {
    const query = withSessions && sessions > 0 ? { sessions: 'end' as const } : {};
    if (what === 'others') await ask('DELETE /me/sign-ins', { query });
    else await ask('DELETE /me/sign-ins/:id', { params: { id: String(what.id) }, query });
    await changed();
  };
  const open = (what: SignIn | 'others') => {
    setWithSessions(true);
    setAsked(what);
  };
  // The current one comes first.
  const ordered = [...signIns].sort((a, b) => Number(b.current) - Number(a.current));
  return (
    <Section title={said.title} intro={said.intro}>
      <Rows label={said.title}>
        {ordered.map((signIn) => (
          <Row
            key={signIn.id}
            title={
              <>
                {deviceOf(signIn)}
                {signIn.current && (
                  <Badge variant="light" color="accent" tt="none">
                    {said.this}
                  </Badge>
                )}
              </>
            }
            actions={
              signIn.current ? undefined : (
                <Button size="xs" variant="default" aria-label={said.endOf(deviceOf(signIn))} onClick={() => open(signIn)}>
                  {said.end}
                </Button>
              )
            }
          >
            {signIn.address !== null && <>{signIn.address} · </>}
            {said.seen} <TimeAgo at={signIn.last_seen_at} /> · {said.since} <TimeAgo at={signIn.created_at} />
          </Row>
        ))}
      </Rows>
      {hasMore && <Text c="dimmed">{said.more}</Text>}
      {(signIns.length > 1 || elsewhere > 0) && (
        <Button variant="default" w="fit-content" onClick={() => open('others')}>
          {said.endOthers}
        </Button>
      )}
      {asked !== null && (
        <ConfirmDialog
          opened
          title={asked === 'others' ? said.endOthersTitle : said.endTitle(deviceOf(asked))}
          action={asked === 'others' ? said.endOthers : said.end}
          onConfirm={() => end(asked)}
          onClose={() => setAsked(null)}
        >
          <Text size="sm">{asked === 'others' ? said.endOthersWhy : said.endWhy}</Text>
          {sessions > 0 && (
            <Checkbox
              checked={withSessions}
              onChange={(event) => setWithSessions(event.currentTarget.checked)}
              label={asked === 'others' ? said.withSessionsElsewhere(sessions) : said.withSessions(sessions)}
              description={said.withSessionsWhy}
            />
          )}
        </ConfirmDialog>
      )}
    </Section>
  );
}
