/** A name and the redirect URIs are enough. */

import { Button, Group, Stack, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { FormError, fieldErrorsOf } from '../kit/errors.tsx';
import { LeaveGuard } from '../kit/leave-guard.tsx';
import shared from '../kit/shared.module.css';
import { type Draft, type DraftErrors, EMPTY_DRAFT, wishOf } from './draft.ts';
import { Fields, SHOWN } from './Fields.tsx';
import { type Catalogue, type Made, useVerbs } from './queries.ts';
import { words } from './words.ts';

interface Props {
  readonly account: string;
  readonly catalogue: Catalogue;
  readonly onMade: (made: Made) => void;
  readonly onCancel: () => void;
}

export function CreateForm({ account, catalogue, onMade, onCancel }: Props) {
  const [draft, setDraft] = useState<Draft>(EMPTY_DRAFT);
  const [errors, setErrors] = useState<DraftErrors>({});
  const name = useRef<HTMLInputElement>(null);
  const titleId = useId();
  const verbs = useVerbs(account);
  useEffect(() => name.current?.focus(), []);
  const create = useMutation({
    mutationFn: verbs.create,
    onSuccess: onMade,
    onError: (error) => setErrors(fieldErrorsOf(error)),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const judged = wishOf(draft, catalogue);
    setErrors('errors' in judged ? judged.errors : {});
    if ('wish' in judged) create.mutate(judged.wish);
  };
  return (
    <form onSubmit={submit} noValidate aria-labelledby={titleId} className={shared.panel}>
      <LeaveGuard active={draft !== EMPTY_DRAFT && !create.isSuccess} title={words.leaveForm} text={words.leaveFormText} />
      <Stack gap="md">
        <Title order={2} size="h4" id={titleId}>
          {words.createTitle}
        </Title>
        <Fields
          draft={draft}
          onChange={(part) => setDraft((before) => ({ ...before, ...part }))}
          errors={errors}
          catalogue={catalogue}
          logoUrl={null}
          isExisting={false}
          nameRef={name}
        />
        <FormError error={create.error} fields={SHOWN} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel} disabled={create.isPending}>
            {words.cancel}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {words.createSubmit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
