/** After the password: a code from an app, a recovery code, or a passkey. */
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { fieldErrorsOf } from '../kit/errors.tsx';
import { ask } from '../lib/ask.ts';
import type { Attempt, StepMethod } from './sign-in-attempt.ts';
import { signInWithPasskey } from './sign-in-passkey.ts';
import { words as said } from './sign-in-words.ts';

interface Props {
  readonly methods: readonly StepMethod[];
  readonly attempt: Attempt;
  readonly onAgain: () => void;
}

export function SecondFactor({ methods, attempt, onAgain }: Props) {
  const [isRecovery, setRecovery] = useState(!methods.includes('totp') && !methods.includes('passkey'));
  const hasCode = isRecovery || methods.includes('totp');
  const again = () => {
    // If this fails, the first step expires in ten minutes.
    ask('POST /log-in/again').catch(() => undefined);
    onAgain();
  };
  return (
    <>
      <Text size="sm">{isRecovery ? said.recoveryIntro : hasCode ? said.codeIntro : said.passkeyIntro}</Text>
      {hasCode && <CodeForm key={isRecovery ? 'recovery' : 'totp'} isRecovery={isRecovery} attempt={attempt} />}
      {methods.includes('passkey') && (
        <Button variant={hasCode ? 'default' : 'filled'} disabled={attempt.isBusy} onClick={() => attempt.run(signInWithPasskey)}>
          {said.usePasskey}
        </Button>
      )}
      <Group>
        {methods.includes('recovery-code') && (
          <Button variant="subtle" size="xs" onClick={() => setRecovery(!isRecovery)}>
            {isRecovery ? said.notRecovery : said.useRecovery}
          </Button>
        )}
        <Button variant="subtle" size="xs" onClick={again}>
          {said.startOver}
        </Button>
      </Group>
    </>
  );
}

function CodeForm({ isRecovery, attempt }: { isRecovery: boolean; attempt: Attempt }) {
  const [code, setCode] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    attempt.run(async () => {
      await ask('POST /log-in/code', { body: { code } });
      return null;
    });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label={isRecovery ? said.recovery : said.code}
          name={isRecovery ? 'recovery-code' : 'code'}
          inputMode={isRecovery ? 'text' : 'numeric'}
          autoComplete={isRecovery ? 'off' : 'one-time-code'}
          autoFocus
          required
          withAsterisk={false}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
          error={fieldErrorsOf(attempt.error).code}
        />
        <Button type="submit" loading={attempt.isBusy}>
          {said.goOn}
        </Button>
      </Stack>
    </form>
  );
}
