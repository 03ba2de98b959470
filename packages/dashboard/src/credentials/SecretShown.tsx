/** A new secret, once: in the forms that people paste, until the user confirms that it is stored. */

import { Button, Group, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Copyable } from '../kit/copyable.tsx';
import { LeaveGuard } from '../kit/leave-guard.tsx';
import shared from '../kit/shared.module.css';
import classes from './credentials.module.css';
import { type SecretForm, secretForms } from './secret-forms.ts';
import { kindWords, words } from './words.ts';

interface Props {
  readonly kind: 'token' | 'key';
  readonly title: string;
  readonly secret: string;
  readonly brand: string;
  readonly permissions: readonly string[] | null;
  readonly onDone: () => void;
  readonly children?: ReactNode;
}

export function SecretShown({ kind, title, secret, brand, permissions, onDone, children }: Props) {
  const forms = secretForms({ kind, secret, brand, origin: window.location.origin, permissions });
  const [form, setForm] = useState<SecretForm['id']>('plain');
  const text = forms.find(({ id }) => id === form)?.text ?? secret;
  const heading = useRef<HTMLHeadingElement>(null);
  const titleId = useId();
  useEffect(() => heading.current?.focus(), []);
  return (
    <Stack gap="md" component="section" aria-labelledby={titleId} className={shared.accentPanel ?? ''}>
      <LeaveGuard active title={kindWords[kind].leaveTitle} text={words.leaveSecret} />
      <div>
        <Title order={2} size="h4" id={titleId} ref={heading} tabIndex={-1} className={shared.quietFocus ?? ''}>
          {title}
        </Title>
        <Text size="sm">{kindWords[kind].once}</Text>
      </div>
      <div className={classes.wideOnly}>
        <SegmentedControl
          size="xs"
          aria-label={words.formOf}
          data={forms.map(({ id }) => ({ value: id, label: words.forms[id] }))}
          value={form}
          onChange={(value) => setForm(forms.find(({ id }) => id === value)?.id ?? 'plain')}
        />
      </div>
      <Copyable label={words.secretField} text={text} />
      {children}
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          {words.done}
        </Button>
      </Group>
    </Stack>
  );
}
