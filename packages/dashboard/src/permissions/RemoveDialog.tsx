/** Asks before permissions leave the catalogue, and says who holds them. */
import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Api } from 'keyhouse/dashboard-api';
import { useState } from 'react';
import { ConfirmDialog } from '../kit/confirm.tsx';
import { ErrorState } from '../kit/errors.tsx';
import { type Format, useFormat } from '../kit/format.ts';
import { Names } from '../kit/names.tsx';
import { Loading } from '../kit/states.tsx';
import { accountName } from '../lib/account-name.ts';
import { ask } from '../lib/ask.ts';
import classes from './permissions.module.css';
import { words } from './words.ts';

type Holders = Api['POST /operator/permissions/holders']['answer'];
type Kind = 'keys' | 'tokens' | 'applications';

interface Props {
  readonly gone: readonly string[];
  /** The catalogue is empty after that, so nobody loses anything. */
  readonly isLast: boolean;
  readonly onConfirm: () => Promise<unknown>;
  readonly onClose: () => void;
}

export function RemoveDialog({ onConfirm, onClose, ...asked }: Props) {
  // As it was when the dialog opened: once it is confirmed, nothing is missing any more.
  const [{ gone, isLast }] = useState(asked);
  // Requested each time the dialog opens: nothing can be confirmed before it is shown, and only the current state is shown.
  const holders = useQuery({
    queryKey: ['operator', 'holders', gone],
    queryFn: () => ask('POST /operator/permissions/holders', { body: { permissions: [...gone] } }),
    enabled: !isLast,
    gcTime: 0,
    staleTime: 0,
  });
  const title = words.removeTitle(gone.length);
  return (
    <ConfirmDialog
      opened
      title={title}
      action={words.save}
      isReady={isLast || (holders.data !== undefined && !holders.isFetching)}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <Text size="sm">{isLast ? words.removeAll : words.removeText}</Text>
      <Names label={title} names={gone} />
      {!isLast && <HoldersOf query={holders} />}
    </ConfirmDialog>
  );
}

function HoldersOf({
  query,
}: {
  query: { data: Holders | undefined; error: unknown; isError: boolean; isFetching: boolean; refetch: () => unknown };
}) {
  const format = useFormat();
  const { data } = query;
  if (query.isError) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  if (data === undefined || query.isFetching) return <Loading />;
  const { keys, tokens, applications, sessions } = data;
  const isHeld = keys.count + tokens.count + applications.count + sessions > 0;
  return (
    <>
      {!isHeld && <Text size="sm">{words.heldByNobody}</Text>}
      {keys.count + tokens.count > 0 && (
        <section aria-label={words.keep}>
          <Text size="sm">{words.keep}</Text>
          <ul className={classes.holders}>
            <Line kind="keys" of={keys} format={format} />
            <Line kind="tokens" of={tokens} format={format} />
          </ul>
        </section>
      )}
      {applications.count + sessions > 0 && (
        <section aria-label={words.lose}>
          <Text size="sm">{words.lose}</Text>
          <ul className={classes.holders}>
            <Line kind="applications" of={applications} format={format} />
            {sessions > 0 && <li>{words.holders.sessions(counted(sessions, format), sessions)}</li>}
          </ul>
        </section>
      )}
      <Text size="sm" c="dimmed">
        {data.whole ? words.heldByName : words.notWhole}
      </Text>
    </>
  );
}

function Line({ kind, of: { count, first }, format }: { kind: Kind; of: Holders[Kind]; format: Format }) {
  if (count === 0) return null;
  const names = first.map(({ name, account }) => words.holderOf(name, accountName(account)));
  const more = count - first.length;
  return (
    <li>
      {words.holders[kind](counted(count, format), count)}: {names.join(', ')}
      {more > 0 && words.andMore(counted(more, format))}
    </li>
  );
}

/** The server does not count further. */
const MOST = 10_000;
const counted = (count: number, format: Format): string =>
  count >= MOST ? words.orMore(format.number(MOST)) : format.number(count);
