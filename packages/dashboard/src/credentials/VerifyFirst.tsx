/** Instead of a form that creates a secret, until the address is verified. */
import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { FormError } from '../kit/errors.tsx';
import { useMe } from '../kit/session.ts';
import { ask } from '../lib/ask.ts';
import { words } from './words.ts';

const said = words.verifyFirst;

export function VerifyFirst({ email, onCancel }: { email: string; onCancel: () => void }) {
  const me = useMe();
  const send = useMutation({ mutationFn: () => ask('POST /verify-email/send') });
  return (
    <Stack>
      <Title order={2} size="h4">
        {said.title}
      </Title>
      <Text size="sm">{said.why(email)}</Text>
      <FormError error={send.error} />
      <div role="status">{send.isSuccess && <Text size="sm">{said.sent}</Text>}</div>
      <Group>
        <Button loading={me.isFetching} onClick={() => void me.refetch()}>
          {said.done}
        </Button>
        <Button variant="default" loading={send.isPending} disabled={send.isSuccess} onClick={() => send.mutate()}>
          {said.resend}
        </Button>
        <Button variant="default" onClick={onCancel}>
          {said.cancel}
        </Button>
      </Group>
    </Stack>
  );
}
