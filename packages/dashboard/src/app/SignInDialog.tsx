/**
 * Signs in again over a page whose sign-in has ended, as the user whose page it is. Another user who signs in is told so, and
 * nothing of this page is sent for them.
 */
import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { FormError } from '../kit/errors.tsx';
import type { Me } from '../kit/session.ts';
import { AskError, whoIsSignedIn } from '../lib/ask.ts';
import { FirstFactor } from './FirstFactor.tsx';
import { SecondFactor } from './SecondFactor.tsx';
import type { Attempt, StepMethod } from './sign-in-attempt.ts';
import { words as said } from './sign-in-words.ts';

interface Props {
  readonly user: Me['user'];
  readonly onDone: (isSignedIn: boolean) => void;
}

export default function SignInDialog({ user, onDone }: Props) {
  const [methods, setMethods] = useState<readonly StepMethod[] | null>(null);
  const [notice, setNotice] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);

  const checkUser = async () => {
    const found = await whoIsSignedIn().catch((caught: unknown) => {
      if (caught instanceof AskError && caught.refusal.kind === 'signed_out') return null;
      throw caught;
    });
    if (found?.id === user.id) return onDone(true);
    setMethods(null);
    setNotice(found === null ? said.notYet : said.otherUser(found.email, user.email));
  };
  const attempt = async (how: () => Promise<readonly StepMethod[] | null>) => {
    setBusy(true);
    setError(null);
    setNotice(null);
    try {
      const next = await how();
      if (next === null) await checkUser();
      else setMethods(next);
    } catch (caught) {
      // What the browser's own dialog throws when the user cancels it.
      if (caught instanceof Error && caught.name === 'NotAllowedError') setNotice(said.passkeyCancelled);
      else setError(caught);
    }
    setBusy(false);
  };
  const shared: Attempt = { isBusy, error, run: (how) => void attempt(how) };

  return (
    <Modal
      opened
      onClose={() => onDone(false)}
      title={said.title}
      centered
      closeOnClickOutside={false}
      zIndex={600}
      // Another person at an unattended computer must not read the page behind it.
      overlayProps={{ backgroundOpacity: 0.6, blur: 12 }}
    >
      <Stack>
        {notice !== null && (
          <Alert color="yellow" role="alert">
            {notice}
          </Alert>
        )}
        <FormError error={error} fields={['email', 'password', 'code']} />
        {methods === null ? (
          <>
            <Text size="sm">{said.why}</Text>
            <FirstFactor user={user} attempt={shared} />
          </>
        ) : (
          <SecondFactor methods={methods} attempt={shared} onAgain={() => setMethods(null)} />
        )}
        <Group justify="flex-end">
          {/* The server leads to the sign-in page, and from there back to this one. */}
          <Button variant="subtle" color="gray" onClick={() => window.location.reload()}>
            {said.leave}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
