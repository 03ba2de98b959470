/** All permissions, or only some: boxes from the catalogue, or free text while it is empty. */

import { Checkbox, Input, SegmentedControl, Stack, Text, Textarea, VisuallyHidden } from '@mantine/core';
import { memo, useId, useMemo } from 'react';
import { Breakable } from '../kit/breakable.tsx';
import pickerClasses from '../kit/picker.module.css';
import { PickerBox, PickerTable } from '../kit/picker-table.tsx';
import shared from '../kit/shared.module.css';
import { useStable } from '../kit/stable.ts';
import { words as kitWords } from '../kit/words.ts';
import type { PermissionDraft } from './draft.ts';
import { type CatalogueEntry, columnsOf, isChosen, isCovered, type Resource, resourcesOf, toggle } from './permission-choice.ts';
import { words } from './words.ts';

interface Props {
  readonly draft: PermissionDraft;
  readonly onChange: (draft: PermissionDraft) => void;
  readonly catalogue: readonly CatalogueEntry[];
  /** Only what is held may stay. Undefined: everything may be chosen. */
  readonly held?: readonly string[] | null;
  readonly operator: boolean;
  readonly error: string | undefined;
}

/** Rendered again when part of it changes, and not for a letter in another field. */
export const PermissionField = memo(function PermissionField({
  draft,
  onChange,
  catalogue,
  held = null,
  operator,
  error,
}: Props) {
  const id = useId();
  const mayAll = held === null;
  return (
    <Stack gap="sm" role="group" aria-labelledby={id}>
      <VisuallyHidden id={id}>{words.permissions}</VisuallyHidden>
      {mayAll && (
        <SegmentedControl
          aria-label={words.permissions}
          className={shared.fit ?? ''}
          data={[
            { value: 'all', label: words.permissionsAll },
            { value: 'some', label: words.permissionsSome },
          ]}
          value={draft.all ? 'all' : 'some'}
          onChange={(value) => onChange({ ...draft, all: value === 'all' })}
        />
      )}
      {!draft.all && (
        <>
          {catalogue.length === 0 ? (
            <Textarea
              label={words.freeText}
              description={words.freeTextHint}
              autosize
              minRows={2}
              maxRows={10}
              spellCheck={false}
              autoCapitalize="off"
              value={draft.text}
              onChange={(event) => onChange({ ...draft, text: event.currentTarget.value })}
              {...(error === undefined ? {} : { error })}
            />
          ) : (
            <Picker draft={draft} onChange={onChange} catalogue={catalogue} held={held} />
          )}
          {operator && (
            <Checkbox
              label={words.operatorVerify}
              checked={draft.chosen.includes('keyhouse.verify')}
              onChange={() => onChange({ ...draft, chosen: toggle(draft.chosen, 'keyhouse.verify') })}
            />
          )}
          {catalogue.length > 0 && error !== undefined && <Input.Error role="alert">{error}</Input.Error>}
        </>
      )}
    </Stack>
  );
});

function Picker({
  draft,
  onChange,
  catalogue,
  held,
}: Pick<Props, 'draft' | 'onChange' | 'catalogue'> & { held: readonly string[] | null }) {
  const { chosen } = draft;
  const resources = useMemo(() => resourcesOf(catalogue, held), [catalogue, held]);
  const columns = useMemo(() => columnsOf(held), [held]);
  const turn = useStable((name: string) => onChange({ ...draft, chosen: toggle(chosen, name) }));
  const box = (name: string, label: string) => (
    <PickerBox
      name={name}
      label={label}
      isOn={isChosen(chosen, name)}
      isDisabled={isCovered(chosen, name) && !chosen.includes(name)}
      onTurn={turn}
    />
  );
  return (
    <PickerTable
      label={words.permissions}
      columns={COLUMNS}
      rows={resources}
      keyOf={nameOf}
      textOf={textOf}
      cells={({ name, read, write }) => (
        <>
          <th scope="row">
            <span className={shared.mono}>
              <Breakable text={name} />
            </span>
            <span className={shared.second}>{sentencesOf(read, write)}</span>
          </th>
          <td>{read !== null && box(read.name, `${read.name}: ${read.sentence}`)}</td>
          <td>{write !== null && box(write.name, `${write.name}: ${write.sentence}`)}</td>
        </>
      )}
      {...(columns.length === 0
        ? {}
        : {
            top: (
              <>
                <th scope="row">
                  {words.everyResource} <span className={shared.dim}>{words.everyResourceHint}</span>
                </th>
                <td>{columns.includes('*.read') && box('*.read', kitWords.readEverything)}</td>
                <td>{columns.includes('*.write') && box('*.write', kitWords.writeEverything)}</td>
              </>
            ),
          })}
      foot={
        <Text size="sm" className={pickerClasses.pickerCount ?? ''} aria-live="polite">
          {words.chosen(chosen.length)}
        </Text>
      }
    />
  );
}

const COLUMNS = [words.resource, words.read, words.write];

const nameOf = ({ name }: Resource): string => name;

const textOf = ({ name, read, write }: Resource): string => `${name} ${sentencesOf(read, write)}`;

const sentencesOf = (read: CatalogueEntry | null, write: CatalogueEntry | null): string =>
  [...new Set([read?.sentence, write?.sentence])].filter((sentence) => sentence !== undefined && sentence !== '').join(' ');
