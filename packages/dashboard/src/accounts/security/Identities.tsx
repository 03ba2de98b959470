/** Other OpenID providers: those that the operator configured, and those that are linked. */
import { Button, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { FormError } from '../../kit/errors.tsx';
import { Row, Rows } from '../../kit/rows.tsx';
import { Section } from '../../kit/section.tsx';
import { TimeAgo } from '../../kit/time.tsx';
import { ask } from '../../lib/ask.ts';
import { type Security, useChanged, useOffers } from './queries.ts';
import { words } from './words.ts';

type Identity = Security['identities'][number];
const said = words.identities;

export function Identities({ identities }: { identities: readonly Identity[] }) {
  const { data: offers } = useOffers();
  const [asked, setAsked] = useState<Identity | null>(null);
  const changed = useChanged();
  const link = useMutation({
    mutationFn: async (provider: string) => {
      const { url } = await ask('POST /providers/:provider/start', { params: { provider }, body: { purpose: 'link' } });
      window.location.assign(url);
    },
  });
  const unlink = async ({ provider }: Identity) => {
    await ask('DELETE /me/identities/:provider', { params: { provider } });
    await changed();
  };
  const others = (offers?.providers ?? []).filter(({ id }) => identities.every(({ provider }) => provider !== id));
  if (identities.length + others.length === 0) return null;
  return (
    <Section title={said.title} intro={said.intro}>
      <FormError error={link.error} />
      <Rows label={said.title}>
        {identities.map((identity) => (
          <Row
            key={identity.provider}
            title={identity.name}
            actions={
              <Button size="xs" variant="default" aria-label={said.unlinkOf(identity.name)} onClick={() => setAsked(identity)}>
                {said.unlink}
              </Button>
            }
          >
            {identity.email !== null && <>{identity.email} · </>}
            {said.linked} <TimeAgo at={identity.linked_at} />
          </Row>
        ))}
        {others.map(({ id, name }) => (
          <Row
            key={id}
            title={name}
            actions={
              <Button
                size="xs"
                variant="default"
                loading={link.isPending && link.variables === id}
                onClick={() => link.mutate(id)}
              >
                {said.link(name)}
              </Button>
            }
          >
            {said.notLinked}
          </Row>
        ))}
      </Rows>
      {asked !== null && (
        <ConfirmDialog
          opened
          title={said.unlinkTitle(asked.name)}
          action={said.unlink}
          onConfirm={() => unlink(asked)}
          onClose={() => setAsked(null)}
        >
          <Text size="sm">{said.unlinkWhy}</Text>
        </ConfirmDialog>
      )}
    </Section>
  );
}
