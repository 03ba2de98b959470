/** All permissions, or only some: boxes from the catalogue, or free text while it is empty. */
import { Checkbox, Input, SegmentedControl, Stack, Text, Textarea, TextInput, VisuallyHidden } from '@mantine/core';
import { useId, useState } from 'react';
import classes from './credentials.module.css';
import type { PermissionDraft } from './draft.ts';
import { type CatalogueEntry, columnsOf, isChosen, isCovered, type Resource, resourcesOf, toggle } from './permission-choice.ts';
import pickerClasses from './picker.module.css';
import { words } from './words.ts';

interface Props {
  readonly draft: PermissionDraft;
  readonly onChange: (draft: PermissionDraft) => void;
  readonly catalogue: readonly CatalogueEntry[];
  /** Only what is held may stay. Undefined: anything may be chosen. */
  readonly held?: readonly string[] | null;
  readonly operator: boolean;
  readonly error: string | undefined;
}

export function PermissionField({ draft, onChange, catalogue, held = null, operator, error }: Props) {
  const id = useId();
  const mayAll = held === null;
  return (
    <Stack gap="sm" role="group" aria-labelledby={id}>
      <VisuallyHidden id={id}>{words.permissions}</VisuallyHidden>
      {mayAll && (
        <SegmentedControl
          aria-label={words.permissions}
          className={classes.fit ?? ''}
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
}

/** More rows than fit at a glance get a field to filter them. */
const FILTER_FROM = 8;

function Picker({
  draft,
  onChange,
  catalogue,
  held,
}: Pick<Props, 'draft' | 'onChange' | 'catalogue'> & { held: readonly string[] | null }) {
  const [filter, setFilter] = useState('');
  const resources = resourcesOf(catalogue, held);
  const wanted = filter.trim().toLowerCase();
  const shown = resources.filter((resource) => matches(resource, wanted));
  const columns = columnsOf(held);
  const box = (name: string, label: string) => (
    <Checkbox
      aria-label={label}
      checked={isChosen(draft.chosen, name)}
      disabled={isCovered(draft.chosen, name) && !draft.chosen.includes(name)}
      onChange={() => onChange({ ...draft, chosen: toggle(draft.chosen, name) })}
    />
  );
  return (
    <div className={pickerClasses.picker}>
      {resources.length >= FILTER_FROM && (
        <TextInput
          className={pickerClasses.pickerFilter ?? ''}
          aria-label={words.searchPermissions}
          placeholder={words.searchPermissions}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
      )}
      <table className={pickerClasses.pickerTable}>
        <thead>
          <tr>
            <th scope="col">{words.resource}</th>
            <th scope="col">{words.read}</th>
            <th scope="col">{words.write}</th>
          </tr>
        </thead>
        <tbody>
          {columns.length > 0 && wanted === '' && (
            <tr>
              <th scope="row">
                {words.everyResource} <span className={classes.dim}>{words.everyResourceHint}</span>
              </th>
              <td>{columns.includes('*.read') && box('*.read', words.readEverything)}</td>
              <td>{columns.includes('*.write') && box('*.write', words.writeEverything)}</td>
            </tr>
          )}
          {shown.map(({ name, read, write }) => (
            <tr key={name}>
              <th scope="row">
                <span className={classes.mono}>{name}</span>
                <span className={classes.sentence}>{sentencesOf(read, write)}</span>
              </th>
              <td>{read !== null && box(read.name, `${read.name}: ${read.sentence}`)}</td>
              <td>{write !== null && box(write.name, `${write.name}: ${write.sentence}`)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length === 0 && (
        <Text size="sm" p="sm">
          {words.noneFound}
        </Text>
      )}
      <Text size="sm" className={pickerClasses.pickerCount ?? ''} aria-live="polite">
        {words.chosen(draft.chosen.length)}
      </Text>
    </div>
  );
}

const sentencesOf = (read: CatalogueEntry | null, write: CatalogueEntry | null): string =>
  [...new Set([read?.sentence, write?.sentence])].filter((sentence) => sentence !== undefined && sentence !== '').join(' ');

const matches = ({ name, read, write }: Resource, wanted: string): boolean =>
  wanted === '' || `${name} ${sentencesOf(read, write)}`.toLowerCase().includes(wanted);
