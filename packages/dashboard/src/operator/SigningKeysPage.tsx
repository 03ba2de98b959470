/** The keys that sign JWTs, and when they rotate. */

import { Button, Group, NumberInput, Stack, Text, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import type { Api } from 'keyhouse/dashboard-api';
import { useState } from 'react';
import { ConfirmDialog } from '../kit/confirm.tsx';
import { FormError } from '../kit/errors.tsx';
import { useForm } from '../kit/form.ts';
import { useFormat } from '../kit/format.ts';
import shared from '../kit/shared.module.css';
import { Tag } from '../kit/tag.tsx';
import { ask } from '../lib/ask.ts';
import { ListPage, whole } from './ListPage.tsx';
import classes from './operator.module.css';
import { words } from './words.ts';

type Answer = Api['GET /operator/signing-keys']['answer'];
const said = words.keys;
const KEY = ['operator', 'signing-keys'] as const;

export function SigningKeysPage() {
  const queries = useQueryClient();
  const format = useFormat();
  const [asked, setAsked] = useState<'now' | 'emergency' | null>(null);
  const rotate = async (emergency: boolean) => {
    await ask('POST /operator/signing-keys/rotate', { body: { emergency } });
    await queries.invalidateQueries({ queryKey: KEY });
    notifications.show({ message: emergency ? said.emergencyDone : said.nowDone });
  };
  const { columns } = said;
  const date = (at: string | null, none: string) => (at === null ? none : format.dateTime(at));
  return (
    <>
      <ListPage
        said={said}
        queryKey={KEY}
        ask={async () => whole(await ask('GET /operator/signing-keys'))}
        rowsOf={({ keys }) => keys}
        keyOf={({ kid }) => kid}
        columns={[
          {
            label: columns.state,
            kind: 'head',
            cell: ({ state }) => <Tag tone={state === 'current' ? 'good' : 'plain'}>{said.states[state]}</Tag>,
          },
          { label: columns.kid, kind: 'long', cell: ({ kid }) => <span className={shared.mono}>{kid}</span> },
          { label: columns.algorithm, cell: ({ algorithm }) => algorithm },
          { label: columns.since, cell: ({ signing_since }) => date(signing_since, said.notYet) },
          { label: columns.retired, cell: ({ retired_at }) => date(retired_at, '–') },
          {
            label: columns.ends,
            cell: ({ last_jwt_ends_at, state }) => date(last_jwt_ends_at, state === 'current' ? said.lives : '–'),
          },
        ]}
        below={(answer) => (
          <>
            <Schedule key={answer.rotate_every_days} answer={answer} />
            <Group>
              <Button variant="default" onClick={() => setAsked('now')}>
                {said.now}
              </Button>
              <Button variant="default" c="red" onClick={() => setAsked('emergency')}>
                {said.emergency}
              </Button>
            </Group>
          </>
        )}
      />
      <ConfirmDialog
        opened={asked === 'now'}
        title={said.nowTitle}
        action={said.now}
        danger={false}
        onConfirm={() => rotate(false)}
        onClose={() => setAsked(null)}
      >
        <Text size="sm">{said.nowText}</Text>
      </ConfirmDialog>
      <ConfirmDialog
        opened={asked === 'emergency'}
        title={said.emergencyTitle}
        action={said.emergency}
        onConfirm={() => rotate(true)}
        onClose={() => setAsked(null)}
      >
        <Text size="sm">{said.emergencyText}</Text>
        <Text size="sm">{said.emergencyThen}</Text>
      </ConfirmDialog>
    </>
  );
}

function Schedule({ answer }: { answer: Answer }) {
  const format = useFormat();
  const queries = useQueryClient();
  const [days, setDays] = useState<number | string>(answer.rotate_every_days);
  const save = useForm(async () => {
    await ask('PUT /operator/signing-keys/schedule', { body: { days: Number(days) } });
    await queries.invalidateQueries({ queryKey: KEY });
    notifications.show({ message: said.scheduled });
  });
  return (
    <form onSubmit={save.submit}>
      <Stack gap="sm">
        <Title order={2} size="h4">
          {said.schedule}
        </Title>
        <div className={classes.inline}>
          <NumberInput
            label={said.every}
            {...(answer.next_rotation_at === null
              ? {}
              : { description: said.everyHint(format.dateTime(answer.next_rotation_at)) })}
            min={1}
            max={365}
            allowDecimal={false}
            allowNegative={false}
            clampBehavior="strict"
            stepHoldDelay={500}
            value={days}
            onChange={setDays}
            hideControls
          />
          <Button
            type="submit"
            variant="default"
            loading={save.isBusy}
            disabled={days === '' || Number(days) === answer.rotate_every_days}
          >
            {words.save}
          </Button>
        </div>
        <FormError error={save.error} />
      </Stack>
    </form>
  );
}
