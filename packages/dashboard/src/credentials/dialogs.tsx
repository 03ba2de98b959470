/**
 * What can be done with an existing credential. Each dialog closes when its action is done, or stays open with the reason why
 * not.
 */
import { Checkbox, Modal, NativeSelect, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useBrand } from '../kit/brand.ts';
import { isOperator, type Scope } from '../kit/credential-scope.ts';
import { DialogForm } from '../kit/dialog-form.tsx';
import { EndsList, isCounted } from '../kit/ends.tsx';
import { fieldErrorOf } from '../kit/errors.tsx';
import { AddressField } from './AddressField.tsx';
import { readAddresses, writeAddresses } from './addresses.ts';
import { namesOf, type PermissionDraft, sentenceOf } from './draft.ts';
import { extensionsOf, LONGEST_EXTENSION, OVERLAPS } from './overlap-choices.ts';
import { PermissionField } from './PermissionField.tsx';
import { faultOf } from './permission-choice.ts';
import { type Credential, type Made, useCatalogue, useKeyEnds, useVerbs } from './queries.ts';
import { SecretShown } from './SecretShown.tsx';
import { kindWords, words } from './words.ts';

export interface DialogProps {
  readonly scope: Scope;
  readonly credential: Credential;
  readonly onClose: () => void;
  /** Instead of `onClose`, if the credential does not exist any more. */
  readonly onRevoked?: () => void;
}

export type DialogName = 'rename' | 'narrow' | 'rotate' | 'revoke' | 'end-overlap' | 'extend-overlap';

/** The dialog by its name; null: none is open. */
export function CredentialDialog({ name, ...props }: DialogProps & { readonly name: DialogName }) {
  switch (name) {
    case 'rename':
      return <RenameDialog {...props} />;
    case 'narrow':
      return <NarrowDialog {...props} />;
    case 'rotate':
      return <RotateDialog {...props} />;
    case 'revoke':
      return <RevokeDialog {...props} />;
    case 'end-overlap':
      return <EndOverlapDialog {...props} />;
    case 'extend-overlap':
      return <ExtendOverlapDialog {...props} />;
  }
}

function RenameDialog({ scope, credential, onClose }: DialogProps) {
  const [name, setName] = useState(credential.name);
  const verbs = useVerbs(scope);
  const rename = useMutation({
    mutationFn: () => verbs.rename(credential.id, name.trim()),
    onSuccess: () => {
      notifications.show({ message: words.renamed });
      onClose();
    },
  });
  const error = fieldErrorOf(rename.error, 'name');
  return (
    <DialogForm
      title={words.renameTitle}
      submit={words.save}
      fields={['name']}
      mutation={rename}
      onSubmit={() => rename.mutate()}
      onClose={onClose}
    >
      <TextInput
        label={words.name}
        maxLength={100}
        autoComplete="off"
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        {...(error === undefined ? {} : { error })}
      />
    </DialogForm>
  );
}

function NarrowDialog({ scope, credential, onClose }: DialogProps) {
  const catalogue = useCatalogue();
  const held = credential.permissions;
  const [permissions, setPermissions] = useState<PermissionDraft>({
    all: held === null,
    chosen: held ?? [],
    text: (held ?? []).join('\n'),
  });
  const [addresses, setAddresses] = useState(writeAddresses(credential.addresses));
  const [fault, setFault] = useState<string | undefined>(undefined);
  const verbs = useVerbs(scope);
  const narrow = useMutation({
    mutationFn: verbs.narrow,
    onSuccess: () => {
      notifications.show({ message: words.narrowed });
      onClose();
    },
  });
  const names = namesOf(permissions, catalogue);
  const lines = readAddresses(addresses);
  const samePermissions = sameSet(names, held);
  const sameAddresses = sameSet(lines.length === 0 ? null : lines, credential.addresses);
  const submit = () => {
    const found = names === null ? null : faultOf(names, { catalogue: [], held, operator: isOperator(scope) });
    setFault(found === null ? undefined : sentenceOf(found));
    if (found !== null) return;
    narrow.mutate({
      id: credential.id,
      ...(samePermissions ? {} : { permissions: names === null ? null : [...names] }),
      ...(sameAddresses ? {} : { addresses: lines.length === 0 ? null : [...lines] }),
    });
  };
  return (
    <DialogForm
      title={words.narrowTitle(credential.name)}
      submit={words.narrowSubmit}
      disabled={samePermissions && sameAddresses}
      fields={['permissions', 'addresses']}
      mutation={narrow}
      onSubmit={submit}
      onClose={onClose}
    >
      <Text size="sm">
        {words.narrowText} {scope.kind === 'key' && words.narrowKeyText}
      </Text>
      <PermissionField
        draft={permissions}
        onChange={setPermissions}
        catalogue={catalogue}
        held={held}
        operator={held?.includes('keyhouse.verify') ?? false}
        error={fault ?? fieldErrorOf(narrow.error, 'permissions')}
      />
      <AddressField text={addresses} onChange={setAddresses} error={fieldErrorOf(narrow.error, 'addresses')} />
    </DialogForm>
  );
}

interface OverlapFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly choices: readonly { readonly value: string; readonly label: string }[];
  readonly error: string | undefined;
}

const OverlapField = ({ label, value, onChange, choices, error }: OverlapFieldProps) => (
  <NativeSelect
    label={label}
    data={choices}
    value={value}
    onChange={(event) => onChange(event.currentTarget.value)}
    {...(error === undefined ? {} : { error })}
  />
);

function RotateDialog({ scope, credential, onClose }: DialogProps) {
  const [overlap, setOverlap] = useState('3600');
  const [revokeJwts, setRevokeJwts] = useState(false);
  const [made, setMade] = useState<Made | null>(null);
  const brand = useBrand();
  const verbs = useVerbs(scope);
  const rotate = useMutation({ mutationFn: verbs.rotate, onSuccess: setMade });
  if (made !== null) {
    return (
      <Modal.Root opened onClose={onClose} closeOnEscape={false} closeOnClickOutside={false} centered size="lg">
        <Modal.Overlay />
        <Modal.Content aria-label={words.rotateDone}>
          <Modal.Body p={0}>
            <SecretShown
              kind={scope.kind}
              title={words.rotateDone}
              secret={made.secret}
              brand={brand.name}
              permissions={made.credential.permissions}
              onDone={onClose}
            />
          </Modal.Body>
        </Modal.Content>
      </Modal.Root>
    );
  }
  return (
    <DialogForm
      title={words.rotateTitle(credential.name)}
      submit={words.rotateSubmit}
      fields={['overlap_seconds']}
      mutation={rotate}
      onSubmit={() => rotate.mutate({ id: credential.id, overlapSeconds: Number(overlap), revokeJwts })}
      onClose={onClose}
    >
      <Text size="sm">{words.rotateText}</Text>
      <OverlapField
        label={words.overlapLabel}
        value={overlap}
        onChange={setOverlap}
        choices={OVERLAPS.map((value) => ({ value, label: words.overlapChoices[value] }))}
        error={fieldErrorOf(rotate.error, 'overlap_seconds')}
      />
      {credential.overlap !== null && <Text size="sm">{words.overlapOldest}</Text>}
      {scope.kind === 'key' && (
        <Checkbox
          label={words.revokeJwts}
          checked={revokeJwts}
          onChange={(event) => setRevokeJwts(event.currentTarget.checked)}
        />
      )}
    </DialogForm>
  );
}

function RevokeDialog({ scope, credential, onClose, onRevoked = onClose }: DialogProps) {
  const said = kindWords[scope.kind];
  const verbs = useVerbs(scope);
  const ends = useKeyEnds(scope, credential.id);
  const revoke = useMutation({
    mutationFn: () => verbs.revoke(credential.id),
    onSuccess: () => {
      notifications.show({ message: said.revoked(credential.name) });
      onRevoked();
    },
  });
  return (
    <DialogForm
      title={said.revokeTitle(credential.name)}
      submit={words.revokeSubmit}
      danger
      disabled={scope.kind === 'key' && !isCounted(ends)}
      mutation={revoke}
      onSubmit={() => revoke.mutate()}
      onClose={onClose}
    >
      <Text size="sm">{said.revokeText}</Text>
      {scope.kind === 'key' && <EndsList query={ends} />}
    </DialogForm>
  );
}

function EndOverlapDialog({ scope, credential, onClose }: DialogProps) {
  const verbs = useVerbs(scope);
  const end = useMutation({
    mutationFn: () => verbs.endOverlap(credential.id),
    onSuccess: () => {
      notifications.show({ message: words.endedOverlap });
      onClose();
    },
  });
  return (
    <DialogForm
      title={words.endOverlapTitle}
      submit={words.endOverlap}
      danger
      mutation={end}
      onSubmit={() => end.mutate()}
      onClose={onClose}
    >
      <Text size="sm">{words.endOverlapText}</Text>
    </DialogForm>
  );
}

const extensionLabel = (value: ReturnType<typeof extensionsOf>[number]): string =>
  value === LONGEST_EXTENSION ? words.extendLongest : words.overlapChoices[value];

function ExtendOverlapDialog({ scope, credential, onClose }: DialogProps) {
  const choices = extensionsOf(credential.rotated_at, Date.now()).map((value) => ({ value, label: extensionLabel(value) }));
  const [seconds, setSeconds] = useState<string>(choices.at(0)?.value ?? LONGEST_EXTENSION);
  const verbs = useVerbs(scope);
  const extend = useMutation({
    mutationFn: () => verbs.extendOverlap(credential.id, Number(seconds)),
    onSuccess: () => {
      notifications.show({ message: words.extended });
      onClose();
    },
  });
  return (
    <DialogForm
      title={words.extendTitle}
      submit={words.extend}
      fields={['seconds']}
      mutation={extend}
      onSubmit={() => extend.mutate()}
      onClose={onClose}
    >
      <OverlapField
        label={words.extendLabel}
        value={seconds}
        onChange={setSeconds}
        choices={choices}
        error={fieldErrorOf(extend.error, 'seconds')}
      />
    </DialogForm>
  );
}

const sameSet = (a: readonly string[] | null, b: readonly string[] | null): boolean =>
  a === null || b === null ? a === b : a.length === b.length && a.every((item) => b.includes(item));
