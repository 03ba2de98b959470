/** Codes from an authenticator app: set up with a first code, then the recovery codes are shown, once. */
import { Button, Group, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { CopyButton } from '../../kit/copy.tsx';
import { FormError, fieldErrorsOf } from '../../kit/errors.tsx';
import { useFormat } from '../../kit/format.ts';
import { type Api, ask } from '../../lib/ask.ts';
import { Section } from '../Section.tsx';
import { QrCode } from './QrCode.tsx';
import { useChanged } from './queries.ts';
import { CodesShown } from './RecoveryCodes.tsx';
import classes from './security.module.css';
import { words } from './words.ts';

const said = words.totp;

export function Totp({ since, email }: { since: string | null; email: string }) {
  const [isAsking, setAsking] = useState(false);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const changed = useChanged();
  const format = useFormat();
  const begin = useMutation({ mutationFn: () => ask('POST /me/totp') });
  const turnOff = async () => {
    await ask('DELETE /me/totp');
    await changed();
  };
  const done = (made: readonly string[]) => {
    begin.reset();
    setCodes(made);
    void changed();
  };
  return (
    <Section title={said.title} intro={said.intro}>
      {codes !== null ? (
        <CodesShown codes={codes} email={email} onDone={() => setCodes(null)} />
      ) : begin.isSuccess ? (
        <SetUp made={begin.data} onDone={done} onCancel={() => begin.reset()} />
      ) : (
        <>
          <Text size="sm">{since === null ? said.off : said.on(format.date(since))}</Text>
          <FormError error={begin.error} />
          {since === null ? (
            <Button variant="default" w="fit-content" loading={begin.isPending} onClick={() => begin.mutate()}>
              {said.setUp}
            </Button>
          ) : (
            <Button variant="default" w="fit-content" onClick={() => setAsking(true)}>
              {said.turnOff}
            </Button>
          )}
        </>
      )}
      <ConfirmDialog
        opened={isAsking}
        title={said.offTitle}
        action={said.turnOff}
        onConfirm={turnOff}
        onClose={() => setAsking(false)}
      >
        <Text size="sm">{said.offWhy}</Text>
      </ConfirmDialog>
    </Section>
  );
}

interface SetUpProps {
  readonly made: Api['POST /me/totp']['answer'];
  readonly onDone: (codes: readonly string[]) => void;
  readonly onCancel: () => void;
}

function SetUp({ made: { secret, uri }, onDone, onCancel }: SetUpProps) {
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
