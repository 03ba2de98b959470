/** A name is enough. When it expires, what it may do and from where: one line each, which can be opened. */

import { Button, Group, SegmentedControl, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { isOperator, type Scope } from '../kit/credential-scope.ts';
import { FormError, fieldErrorsOf } from '../kit/errors.tsx';
import { Fold } from '../kit/fold.tsx';
import { useFormat } from '../kit/format.ts';
import { LeaveGuard } from '../kit/leave-guard.tsx';
import { useMe } from '../kit/session.ts';
import shared from '../kit/shared.module.css';
import { useStable } from '../kit/stable.ts';
import { words as kitWords } from '../kit/words.ts';
import { AddressField } from './AddressField.tsx';
import { readAddresses } from './addresses.ts';
import { type Draft, type DraftErrors, EMPTY_DRAFT, namesOf, type PermissionDraft, wishOf } from './draft.ts';
import { ExpiryField } from './ExpiryField.tsx';
import { expiresAt } from './expiry.ts';
import { PermissionField } from './PermissionField.tsx';
import { type Made, useCatalogue, useVerbs } from './queries.ts';
import { VerifyFirst } from './VerifyFirst.tsx';
import { kindWords, words } from './words.ts';

type FoldName = 'expires_at' | 'permissions' | 'addresses';

interface Props {
  readonly scope: Scope;
  readonly onMade: (made: Made) => void;
  readonly onCancel: () => void;
}

/** If the installation requires a verified address first, that step comes before the form. */
export function CreateForm(props: Props) {
  const { data: me } = useMe();
  if (me?.user.must_verify_email) return <VerifyFirst email={me.user.email} onCancel={props.onCancel} />;
  return <Fields {...props} />;
}

function Fields({ scope, onMade, onCancel }: Props) {
  const [draft, setDraft] = useState<Draft>(EMPTY_DRAFT);
  const [errors, setErrors] = useState<DraftErrors>({});
  const [open, setOpen] = useState<ReadonlySet<FoldName>>(new Set());
  const name = useRef<HTMLInputElement>(null);
  const titleId = useId();
  const catalogue = useCatalogue();
  const format = useFormat();
  const verbs = useVerbs(scope);
  const said = kindWords[scope.kind];

  useEffect(() => name.current?.focus(), []);
  const show = (found: DraftErrors) => {
    setErrors(found);
    const folds = FOLDS.filter((field) => found[field] !== undefined);
    setOpen((before) => new Set([...before, ...folds]));
    if (found.name !== undefined) name.current?.focus();
  };
  const create = useMutation({
    mutationFn: verbs.create,
    onSuccess: onMade,
    onError: (error) => show(fieldErrorsOf(error)),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const judged = wishOf(draft, { catalogue, operator: isOperator(scope), now: new Date() });
    if ('errors' in judged) return show(judged.errors);
    setErrors({});
    create.mutate({ ...judged.wish, environment: draft.environment });
  };
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const changePermissions = useStable((permissions: PermissionDraft) => change({ permissions }));
  const fold = (field: FoldName) => ({
    opened: open.has(field),
    onToggle: () =>
      setOpen((before) => new Set(before.has(field) ? [...before].filter((other) => other !== field) : [...before, field])),
  });

  const names = namesOf(draft.permissions, catalogue);
  const end = expiresAt(draft.expiry.choice, draft.expiry.date, new Date());
  const addresses = readAddresses(draft.addresses);
  return (
    <form onSubmit={submit} noValidate aria-labelledby={titleId} className={shared.panel}>
      <LeaveGuard active={draft !== EMPTY_DRAFT && !create.isSuccess} title={words.leaveForm} text={words.leaveFormText} />
      <Stack gap="md">
        <Title order={2} size="h4" id={titleId}>
          {said.createTitle}
        </Title>
        <TextInput
          ref={name}
          label={words.name}
          placeholder={said.namePlaceholder}
          maxLength={100}
          autoComplete="off"
          value={draft.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
          {...(errors.name === undefined ? {} : { error: errors.name })}
        />
        {scope.kind === 'key' && (
          <div>
            <Text size="sm" fw={500} mb={4} id={`${titleId}-environment`}>
              {words.environment}
            </Text>
            <SegmentedControl
              aria-labelledby={`${titleId}-environment`}
              data={[
                { value: 'live', label: words.live },
                { value: 'test', label: words.test },
              ]}
              value={draft.environment}
              onChange={(value) => change({ environment: value === 'test' ? 'test' : 'live' })}
            />
            <Text size="xs" c="dimmed" mt={4}>
              {words.environmentHint}
            </Text>
          </div>
        )}
        <div>
          <Fold
            label={words.expiry}
            value={typeof end === 'string' ? words.expiryUntil(format.date(end)) : words.expiryChoices[draft.expiry.choice]}
            {...fold('expires_at')}
          >
            <ExpiryField draft={draft.expiry} onChange={(expiry) => change({ expiry })} error={errors.expires_at} />
          </Fold>
          <Fold
            label={words.permissions}
            value={names === null ? kitWords.allPermissions[scope.kind] : words.chosen(names.length)}
            {...fold('permissions')}
          >
            <Text size="sm" c="dimmed" mb="sm">
              {words.permissionsSomeHint}
            </Text>
            <PermissionField
              draft={draft.permissions}
              onChange={changePermissions}
              catalogue={catalogue}
              operator={isOperator(scope)}
              error={errors.permissions}
            />
          </Fold>
          <Fold
            label={words.addresses}
            value={addresses.length === 0 ? words.addressesAny : addresses.join(', ')}
            {...fold('addresses')}
          >
            <AddressField text={draft.addresses} onChange={(text) => change({ addresses: text })} error={errors.addresses} />
          </Fold>
        </div>
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

const SHOWN = ['name', 'expires_at', 'permissions', 'addresses'];
const FOLDS = ['expires_at', 'permissions', 'addresses'] as const;
