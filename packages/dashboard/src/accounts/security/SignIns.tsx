import { Badge, Button, Text } from '@mantine/core';
import { useState } from 'react';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { TimeAgo } from '../../kit/time.tsx';
import { ask } from '../../lib/ask.ts';
import { Section } from '../Section.tsx';
import { type Security, useChanged } from './queries.ts';
import { Row, Rows } from './Row.tsx';
import { words } from './words.ts';

type SignIn = Security['sign_ins'][number];
const said = words.signIns;
const deviceOf = ({ browser, system }: SignIn): string => said.device(browser, system);

export function SignIns({ signIns }: { signIns: readonly SignIn[] }) {
  const [asked, setAsked] = useState<SignIn | 'others' | null>(null);
  const changed = useChanged();
  const end = async (what: SignIn | 'others') => {
    if (what === 'others') await ask('DELETE /me/sign-ins');
    else await ask('DELETE /me/sign-ins/:id', { params: { id: String(what.id) } });
    await changed();
  };
  // The one that is looked at from comes first.
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
                <Button size="xs" variant="default" aria-label={said.endOf(deviceOf(signIn))} onClick={() => setAsked(signIn)}>
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
      {signIns.length > 1 && (
        <Button variant="default" w="fit-content" onClick={() => setAsked('others')}>
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
        </ConfirmDialog>
      )}
    </Section>
  );
}
