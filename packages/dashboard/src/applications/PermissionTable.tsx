/** Permissions as rows with a box in each column. */
import { Checkbox, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import picker from '../credentials/picker.module.css';
import { Tag } from '../kit/tag.tsx';
import classes from './applications.module.css';
import type { Catalogue } from './queries.ts';
import { words } from './words.ts';

export interface Column {
  readonly label: string;
  readonly labelOf: (name: string) => string;
  readonly isOn: (name: string) => boolean;
  readonly isDisabled?: (name: string) => boolean;
  readonly onToggle: (name: string) => void;
}

interface Props {
  readonly label: string;
  readonly entries: Catalogue;
  readonly columns: readonly Column[];
}

/** More rows than fit at a glance get a field to filter them. */
const FILTER_FROM = 8;

export function PermissionTable({ label, entries, columns }: Props) {
  const [filter, setFilter] = useState('');
  const wanted = filter.trim().toLowerCase();
  const shown = entries.filter(({ name, sentence }) => `${name} ${sentence}`.toLowerCase().includes(wanted));
  return (
    <div className={picker.picker}>
      {entries.length >= FILTER_FROM && (
        <TextInput
          className={picker.pickerFilter ?? ''}
          aria-label={words.search}
          placeholder={words.search}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
      )}
      <table className={picker.pickerTable} aria-label={label}>
        <thead>
          <tr>
            <th scope="col">{words.permission}</th>
            {columns.map(({ label: name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map(({ name, sentence, sensitive }) => (
            <tr key={name}>
              <th scope="row">
                {sentence} {sensitive && <Tag>{words.onlyVerified}</Tag>}
                <span className={classes.name}>{name}</span>
              </th>
              {columns.map(({ label: column, labelOf, isOn, isDisabled, onToggle }) => (
                <td key={column}>
                  <Checkbox
                    aria-label={labelOf(name)}
                    checked={isOn(name)}
                    disabled={isDisabled?.(name) ?? false}
                    onChange={() => onToggle(name)}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length === 0 && (
        <Text size="sm" p="sm">
          {words.noneFound}
        </Text>
      )}
    </div>
  );
}
