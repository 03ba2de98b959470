import { Badge, Button, Text } from '@mantine/core';
import { useState } from 'react';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { Row, Rows } from '../../kit/rows.tsx';
import { Section } from '../../kit/section.tsx';
import { TimeAgo } from '../../kit/time.tsx';
import { ask } from '../../lib/ask.ts';
import { AddPasskey, RenamePasskey } from './PasskeyDialogs.tsx';
import { type Security, useChanged, useOffers } from './queries.ts';
import { words } from './words.ts';

type Passkey = Security['passkeys'][number];
type Open = { readonly what: 'add' } | { readonly what: 'rename' | 'remove'; readonly passkey: Passkey } | null;

const said = words.passkeys;

export function Passkeys({ passkeys, endsTwoStep }: { passkeys: readonly Passkey[]; endsTwoStep: boolean }) {
  const [open, setOpen] = useState<Open>(null);
  const { data: offers } = useOffers();
  const changed = useChanged();
  const close = () => setOpen(null);
  const knowsPasskeys = typeof window.PublicKeyCredential === 'function';
  const remove = async ({ id }: Passkey) => {
    await ask('DELETE /me/passkeys/:id', { params: { id } });
    await changed();
  };
  return (
    <Section title={said.title} intro={said.intro}>
      {passkeys.length === 0 ? (
        <Text size="sm" c="dimmed">
          {said.none}
        </Text>
      ) : (
        <Rows label={said.title}>
          {passkeys.map((passkey) => (
            <Row
              key={passkey.id}
              title={
                <>
                  {passkey.name}
                  {passkey.synced && (
                    <Badge variant="light" color="gray" tt="none">
                      {said.synced}
                    </Badge>
                  )}
                </>
              }
              actions={
                <>
                  <Button
                    size="xs"
                    variant="default"
                    aria-label={said.renameOf(passkey.name)}
                    onClick={() => setOpen({ what: 'rename', passkey })}
                  >
                    {said.rename}
                  </Button>
                  <Button
                    size="xs"
                    variant="default"
                    aria-label={said.removeOf(passkey.name)}
                    onClick={() => setOpen({ what: 'remove', passkey })}
                  >
                    {said.remove}
                  </Button>
                </>
              }
            >
              {words.added} <TimeAgo at={passkey.created_at} /> ·{' '}
              {passkey.last_used_at === null ? (
                words.never
              ) : (
                <>
                  {words.lastUsed} <TimeAgo at={passkey.last_used_at} />
                </>
              )}
            </Row>
          ))}
        </Rows>
      )}
      {offers?.passkeys === false || !knowsPasskeys ? (
        <Text size="sm">{offers?.passkeys === false ? said.notHere : said.notInBrowser}</Text>
      ) : (
        <Button variant="default" w="fit-content" onClick={() => setOpen({ what: 'add' })}>
          {said.add}
        </Button>
      )}
      {open?.what === 'add' && <AddPasskey taken={passkeys.map(({ name }) => name)} onClose={close} />}
      {open?.what === 'rename' && <RenamePasskey passkey={open.passkey} onClose={close} />}
      {open?.what === 'remove' && (
        <ConfirmDialog
          opened
          title={said.removeTitle(open.passkey.name)}
          action={said.remove}
          onConfirm={() => remove(open.passkey)}
          onClose={close}
        >
          <Text size="sm">
            {said.removeWhy} {endsTwoStep && said.removeLast}
          </Text>
        </ConfirmDialog>
      )}
    </Section>
  );
}
