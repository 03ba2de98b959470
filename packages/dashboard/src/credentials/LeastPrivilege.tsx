/** Granted permissions and which were used, and one click to remove the rest. */

import { Button, Group, Stack, Table, Text, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Breakable } from '../kit/breakable.tsx';
import { canManage, type Scope } from '../kit/credential-scope.ts';
import { DialogForm } from '../kit/dialog-form.tsx';
import { useFormat } from '../kit/format.ts';
import { Names } from '../kit/names.tsx';
import shared from '../kit/shared.module.css';
import classes from './credentials.module.css';
import type { DialogProps } from './dialogs.tsx';
import leastClasses from './least-privilege.module.css';
import { lostBy } from './permission-choice.ts';
import { type Credential, type Least, useVerbs } from './queries.ts';
import { words } from './words.ts';

export function LeastPrivilege({ scope, credential, least }: { scope: Scope; credential: Credential; least: Least }) {
  const [asking, setAsking] = useState(false);
  const format = useFormat();
  const wasUsed = least.permissions.some(({ requests_90_days }) => requests_90_days > 0);
  return (
    <Stack gap="sm" component="section" aria-labelledby="least-title">
      <Group justify="space-between" align="flex-end">
        <div>
          <Title order={2} size="h4" id="least-title">
            {words.permissionsTitle}
          </Title>
          <Text size="sm" c="dimmed">
            {wasUsed ? words.leastHint : words.leastEmpty} {words.observedSince(format.date(least.observed_since))}
          </Text>
        </div>
        {least.narrow_to !== null && canManage(scope) && (
          <Button variant="default" onClick={() => setAsking(true)}>
            {words.narrowToUsed}
          </Button>
        )}
      </Group>
      {least.permissions.length > 0 && (
        <Table className={leastClasses.least ?? ''} verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{words.leastName}</Table.Th>
              <Table.Th scope="col" className={classes.number ?? ''}>
                {words.least30}
              </Table.Th>
              <Table.Th scope="col" className={classes.number ?? ''}>
                {words.least90}
              </Table.Th>
              <Table.Th scope="col" className={classes.wideCell ?? ''}>
                {words.leastLast}
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {least.permissions.map((row) => (
              <Table.Tr key={row.name} data-unused={row.requests_90_days === 0 || undefined}>
                <Table.Th scope="row">
                  <span className={shared.mono}>
                    <Breakable text={row.name} />
                  </span>
                  {!row.granted && <span className={shared.dim}> {words.notGranted}</span>}
                </Table.Th>
                <Table.Td className={classes.number ?? ''}>{format.number(row.requests_30_days)}</Table.Td>
                <Table.Td className={classes.number ?? ''}>{format.number(row.requests_90_days)}</Table.Td>
                <Table.Td className={classes.wideCell ?? ''}>
                  {row.last_used_at === null ? (
                    <span className={shared.dim}>{words.unused}</span>
                  ) : (
                    <time dateTime={row.last_used_at}>{format.relative(row.last_used_at)}</time>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {least.more_unused > 0 && (
        <Text size="sm" c="dimmed">
          {words.leastMoreUnused(format.number(least.more_unused), least.more_unused === 1)}
        </Text>
      )}
      {least.untold_requests > 0 && (
        <Text size="sm" c="dimmed">
          {words.leastUntold(format.number(least.untold_requests), least.untold_requests === 1)}
        </Text>
      )}
      <Verdict least={least} wasUsed={wasUsed} />
      {asking && least.narrow_to !== null && (
        <NarrowToUsed scope={scope} credential={credential} narrowTo={least.narrow_to} onClose={() => setAsking(false)} />
      )}
    </Stack>
  );
}

/** Why something is suggested, why nothing is yet, or that there is nothing to suggest. */
function Verdict({ least, wasUsed }: { least: Least; wasUsed: boolean }) {
  const format = useFormat();
  if (least.untold_requests > 0) return null;
  const { watched_days: days, suggests_from: from } = least;
  if (from === null && !wasUsed) return null;
  return (
    <Text size="sm" c="dimmed">
      {from !== null
        ? words.watching(format.date(least.watched_since), format.date(from))
        : least.narrow_to === null
          ? words.minimal
          : words.watched(format.number(days))}
    </Text>
  );
}

function NarrowToUsed({ scope, credential, narrowTo, onClose }: DialogProps & { readonly narrowTo: readonly string[] }) {
  const verbs = useVerbs(scope);
  const narrow = useMutation({
    mutationFn: verbs.narrow,
    onSuccess: () => {
      notifications.show({ message: words.narrowed });
      onClose();
    },
  });
  const lost = useMemo(() => lostBy(credential.permissions, narrowTo), [credential.permissions, narrowTo]);
  return (
    <DialogForm
      title={words.narrowTitle(credential.name)}
      submit={words.narrowSubmit}
      mutation={narrow}
      onSubmit={() => narrow.mutate({ id: credential.id, permissions: [...narrowTo] })}
      onClose={onClose}
    >
      <div>
        <Text size="sm">{words.narrowToUsedText}</Text>
        <Names label={words.narrowToUsedText} names={narrowTo} />
      </div>
      {lost === null ? (
        <Text size="sm">{words.narrowToUsedAll}</Text>
      ) : (
        <div>
          <Text size="sm">{words.narrowToUsedGoes}</Text>
          <Names label={words.narrowToUsedGoes} names={lost} />
        </div>
      )}
      <Text size="sm" c="dimmed">
        {words.narrowText} {scope.kind === 'key' && words.narrowKeyText}
      </Text>
    </DialogForm>
  );
}
