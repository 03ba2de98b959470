/** The address: whether it is verified, the requested new one, and requesting another one. */
import { Alert, Badge, Button, Group, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { FormError, fieldErrorsOf } from '../../kit/errors.tsx';
import { Section } from '../../kit/section.tsx';
import { ME, type Me, useSendsMail } from '../../kit/session.ts';
import { ask } from '../../lib/ask.ts';
import { useCountdown } from '../../lib/countdown.ts';
import { words } from './words.ts';

const said = words.email;
/** About what was sent, or could not be. */
const useMailWords = () => (useSendsMail() ? said : said.noMail);

export function EmailSection({ user }: { user: Me['user'] }) {
  const mails = useMailWords();
  return (
    <Section title={said.title} intro={said.intro}>
      <Group gap="sm">
        <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
          {user.email}
        </Text>
        <Badge variant="light" color={user.email_verified ? 'green' : 'yellow'} tt="none">
          {user.email_verified ? said.confirmed : said.unconfirmed}
        </Badge>
      </Group>
      {!user.email_verified && <SendAgain />}
      {user.pending_email !== null && (
        <Alert color="accent" title={said.pending(user.pending_email)}>
          {mails.pendingWhy}
        </Alert>
      )}
      <ChangeEmail />
    </Section>
  );
}

/** Mails are limited on the server; this keeps repeated clicks from using them up. */
const PAUSE_SECONDS = 60;

function SendAgain() {
  const mails = useMailWords();
  const send = useMutation({ mutationFn: () => ask('POST /verify-email/send') });
  const [pause, setPause] = useState(0);
  const left = Math.max(useCountdown(send.error), pause);
  useEffect(() => {
    if (pause === 0) return;
    const timer = setTimeout(() => setPause(pause - 1), 1000);
    return () => clearTimeout(timer);
  }, [pause]);
  return (
    <Alert color="yellow">
      <Text size="sm" role="status">
        {send.isSuccess && pause > 0 ? mails.sent : mails.why}
      </Text>
      <FormError error={left > 0 ? null : send.error} />
      <Button
        variant="default"
        size="xs"
        mt="sm"
        loading={send.isPending}
        disabled={left > 0}
        onClick={() => send.mutate(undefined, { onSuccess: () => setPause(PAUSE_SECONDS) })}
      >
        {left > 0 ? mails.wait(left) : mails.send}
      </Button>
    </Alert>
  );
}

function ChangeEmail() {
  const mails = useMailWords();
  const [email, setEmail] = useState('');
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: () => ask('POST /me/email', { body: { email } }),
    onSuccess: async () => {
      setEmail('');
      await queries.invalidateQueries({ queryKey: ME, exact: true });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <form onSubmit={submit} noValidate>
      <FormError error={change.error} fields={['email']} />
      <TextInput
        label={said.next}
        description={mails.hint}
        name="email"
        type="email"
        autoComplete="email"
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
        error={fieldErrorsOf(change.error).email}
      />
      <Button type="submit" variant="default" mt="sm" loading={change.isPending} disabled={email.trim() === ''}>
        {said.change}
      </Button>
    </form>
  );
}
