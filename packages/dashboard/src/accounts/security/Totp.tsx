/** Setting up an authenticator app: the key, as a picture and as text, and a first code that confirms it. */
import { Button, Group, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { CopyButton } from '../../kit/copy.tsx';
import { FormError, fieldErrorsOf } from '../../kit/errors.tsx';
import { type Api, ask } from '../../lib/ask.ts';
import { QrCode } from './QrCode.tsx';
import classes from './security.module.css';
import { words } from './words.ts';

const said = words.totp;

interface SetUpProps {
  readonly made: Api['POST /me/totp']['answer'];
  readonly onDone: (codes: readonly string[]) => void;
  readonly onCancel: () => void;
}

export function SetUpTotp({ made: { secret, uri }, onDone, onCancel }: SetUpProps) {
  const [code, setCode] = useState('');
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => panel.current?.focus(), []);
  const confirm = useMutation({
    mutationFn: () => ask('POST /me/totp/confirm', { body: { code } }),
    onSuccess: ({ recovery_codes: codes }) => onDone(codes),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    confirm.mutate();
  };
  return (
    <div className={classes.panel} ref={panel} tabIndex={-1}>
      <Text size="sm">{said.scan}</Text>
      <QrCode text={uri} label={said.qr} />
      <div>
        <Text size="sm">{said.orType}</Text>
        <Text className={classes.secret ?? ''} aria-label={said.secret} role="group">
          {secret.match(/.{1,4}/g)?.join(' ')}
        </Text>
        <CopyButton text={secret} label={said.copySecret} size="xs" mt="xs" />
      </div>
      <form onSubmit={submit}>
        <FormError error={confirm.error} fields={['code']} />
        <TextInput
          label={said.code}
          description={said.codeHint}
          name="code"
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={16}
          maw="12rem"
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
          error={fieldErrorsOf(confirm.error).code}
        />
        <Group mt="md">
          <Button type="submit" loading={confirm.isPending} disabled={code.trim() === ''}>
            {said.confirm}
          </Button>
          <Button variant="default" onClick={onCancel}>
            {said.cancel}
          </Button>
        </Group>
      </form>
    </div>
  );
}
