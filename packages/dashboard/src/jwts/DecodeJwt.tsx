/** Decodes a JWT. What was pasted goes into the body of one request, and into no address, store or history. */
import { Alert, Button, Code, Group, Stack, Text, Textarea, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { CircleCheck, CircleX } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { FormError, fieldErrorOf } from '../kit/errors.tsx';
import { useFormat } from '../kit/format.ts';
import classes from './jwts.module.css';
import { type Decoded, type KeyRef, useJwtVerbs } from './queries.ts';
import { words } from './words.ts';

export function DecodeJwt({ keyRef }: { keyRef: KeyRef }) {
  const [text, setText] = useState('');
  const [fault, setFault] = useState<string | undefined>(undefined);
  const { decode: ask } = useJwtVerbs(keyRef);
  const decode = useMutation({ mutationFn: ask });
  const error = fault ?? fieldErrorOf(decode.error, 'jwt');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const jwt = text.trim();
    setFault(jwt === '' ? words.decodeEmpty : undefined);
    if (jwt !== '') decode.mutate(jwt);
  };
  const clear = () => {
    setText('');
    decode.reset();
  };
  return (
    <Stack gap="sm" component="section" aria-labelledby="decode-title">
      <div>
        <Title order={2} size="h4" id="decode-title">
          {words.decodeTitle}
        </Title>
        <Text size="sm" c="dimmed">
          {words.decodeText}
        </Text>
      </div>
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <Textarea
            label={words.decodeLabel}
            autosize
            minRows={3}
            maxRows={10}
            maxLength={16_384}
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="off"
            classNames={{ input: classes.code ?? '' }}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            {...(error === undefined ? {} : { error })}
          />
          <FormError error={decode.error} fields={['jwt']} />
          <Group>
            <Button type="submit" variant="default" loading={decode.isPending}>
              {words.decode}
            </Button>
            {text !== '' && (
              <Button variant="subtle" onClick={clear}>
                {words.clear}
              </Button>
            )}
          </Group>
        </Stack>
      </form>
      <div aria-live="polite">{decode.data !== undefined && <Decoding decoded={decode.data} />}</div>
    </Stack>
  );
}

function Decoding({ decoded }: { decoded: Decoded }) {
  const format = useFormat();
  const state = words.states[decoded.state];
  const times = (['iat', 'nbf', 'exp'] as const).flatMap((claim) => {
    const seconds = decoded.claims[claim];
    return typeof seconds === 'number'
      ? [`${words.times[claim]} ${format.dateTime(new Date(seconds * 1000).toISOString())}`]
      : [];
  });
  return (
    <Stack gap="sm">
      <Alert
        variant="default"
        bg="transparent"
        icon={decoded.state === 'valid' ? <CircleCheck size={20} /> : <CircleX size={20} />}
        title={state.title}
      >
        {state.text} {times.join(' · ')}
      </Alert>
      <Part title={words.header} json={decoded.header} />
      <Part title={words.claims} json={decoded.claims} />
    </Stack>
  );
}

const Part = ({ title, json }: { title: string; json: unknown }) => (
  <div>
    <Title order={3} size="h6" mb={4}>
      {title}
    </Title>
    <Code block tabIndex={0} className={classes.code ?? ''}>
      {JSON.stringify(json, null, 2)}
    </Code>
  </div>
);
