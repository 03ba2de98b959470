/** What an application asks users for, and what of it they may clear. */
import { Input, SegmentedControl, Stack, Text, Textarea } from '@mantine/core';
import { memo, useMemo } from 'react';
import type { DraftErrors, NamesDraft } from './draft.ts';
import { type Column, PermissionTable } from './PermissionTable.tsx';
import type { Catalogue } from './queries.ts';
import { words } from './words.ts';

interface Asks {
  readonly asksAny: boolean;
  readonly asked: NamesDraft;
  readonly optional: NamesDraft;
}

interface Props {
  readonly draft: Asks;
  readonly onChange: (part: Partial<Asks>) => void;
  readonly catalogue: Catalogue;
  readonly errors: DraftErrors;
}

/** Rendered again when part of it changes, and not for a letter in another field. */
export const AsksField = memo(function AsksField({ draft, onChange, catalogue, errors }: Props) {
  const { asksAny, asked, optional } = draft;
  // What it asks for already is shown even if the operator has closed it in the meantime: it can be removed.
  const entries = useMemo(
    () => catalogue.filter(({ name, grantable }) => grantable || (!asksAny && asked.chosen.includes(name))),
    [catalogue, asksAny, asked],
  );
  const optionalColumn: Column = {
    label: words.columnOptional,
    labelOf: words.optionalFor,
    isOn: (name) => optional.chosen.includes(name) && (asksAny || asked.chosen.includes(name)),
    isDisabled: (name) => !asksAny && !asked.chosen.includes(name),
    onToggle: (name) => onChange({ optional: { ...optional, chosen: toggled(optional.chosen, name) } }),
  };
  const askedColumn: Column = {
    label: words.columnAsks,
    labelOf: words.asksFor,
    isOn: (name) => asked.chosen.includes(name),
    onToggle: (name) => onChange({ asked: { ...asked, chosen: toggled(asked.chosen, name) } }),
  };
  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label={words.permissions}
        w="fit-content"
        data={[
          { value: 'any', label: words.permissionsAny },
          { value: 'some', label: words.permissionsSome },
        ]}
        value={asksAny ? 'any' : 'some'}
        onChange={(value) => onChange({ asksAny: value === 'any' })}
      />
      <Text size="sm" c="dimmed">
        {asksAny ? words.permissionsAnyHint : words.permissionsSomeHint} {words.optionalHint}
      </Text>
      {catalogue.length === 0 ? (
        <>
          {!asksAny && (
            <NamesField
              label={words.freeText}
              description={words.freeTextHint}
              names={asked}
              error={errors.permissions}
              onChange={(names) => onChange({ asked: names })}
            />
          )}
          <NamesField
            label={words.freeOptional}
            names={optional}
            error={errors.optional_permissions}
            onChange={(names) => onChange({ optional: names })}
          />
        </>
      ) : entries.length === 0 ? (
        <Text size="sm">{words.nothingGrantable}</Text>
      ) : (
        <>
          <PermissionTable
            label={words.permissions}
            entries={entries}
            columns={asksAny ? [optionalColumn] : [askedColumn, optionalColumn]}
          />
          {[errors.permissions, errors.optional_permissions].map(
            (error) =>
              error !== undefined && (
                <Input.Error key={error} role="alert">
                  {error}
                </Input.Error>
              ),
          )}
        </>
      )}
    </Stack>
  );
});

interface NamesProps {
  readonly label: string;
  readonly description?: string;
  readonly names: NamesDraft;
  readonly error: string | undefined;
  readonly onChange: (names: NamesDraft) => void;
}

/** While there is no catalogue. */
export const NamesField = ({ label, description, names, error, onChange }: NamesProps) => (
  <Textarea
    label={label}
    autosize
    minRows={2}
    maxRows={10}
    spellCheck={false}
    autoCapitalize="off"
    value={names.text}
    onChange={(event) => onChange({ ...names, text: event.currentTarget.value })}
    {...(description === undefined ? {} : { description })}
    {...(error === undefined ? {} : { error })}
  />
);

export const toggled = (names: readonly string[], name: string): readonly string[] =>
  names.includes(name) ? names.filter((other) => other !== name) : [...names, name];
