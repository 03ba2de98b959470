/** Permissions as rows with boxes, of which only the visible ones are rendered, with a field to filter them. */
import { Checkbox, Text, TextInput } from '@mantine/core';
import { memo, type ReactNode, useDeferredValue, useMemo, useState } from 'react';
import classes from './picker.module.css';
import { useWindowed } from './windowed.ts';
import { words } from './words.ts';

interface Props<Row> {
  readonly label: string;
  readonly columns: readonly string[];
  /** The same array while its content does not change. */
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** The text that the filter searches. */
  readonly textOf: (row: Row) => string;
  /** Its cells, the first a `th`. */
  readonly cells: (row: Row) => ReactNode;
  /** A row above all others, while there is no filter. */
  readonly top?: ReactNode;
  /** Below all rows, always visible. */
  readonly foot?: ReactNode;
}

/** Above this number of rows there is a field to filter them. */
const FILTER_FROM = 8;
const ROW_HEIGHT = 52;

export function PickerTable<Row>({ label, columns, rows, keyOf, textOf, cells, top, foot }: Props<Row>) {
  const [filter, setFilter] = useState('');
  // The field first, the rows when there is time.
  const wanted = useDeferredValue(filter).trim().toLowerCase();
  const texts = useMemo(() => rows.map((row) => textOf(row).toLowerCase()), [rows, textOf]);
  const shown = useMemo(() => rows.filter((_, index) => texts[index]?.includes(wanted)), [rows, texts, wanted]);
  const keys = useMemo(() => shown.map(keyOf), [shown, keyOf]);
  const { parts, listProps } = useWindowed<HTMLTableSectionElement>(keys, ROW_HEIGHT);
  const hasTop = top !== undefined && wanted === '';
  const above = hasTop ? 2 : 1;
  return (
    <div className={classes.picker}>
      {rows.length >= FILTER_FROM && (
        <TextInput
          className={classes.pickerFilter ?? ''}
          aria-label={words.searchPermissions}
          placeholder={words.searchPermissions}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
      )}
      <table className={classes.pickerTable} aria-label={label} aria-rowcount={shown.length + above}>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        {hasTop && (
          <tbody>
            <tr aria-rowindex={2}>{top}</tr>
          </tbody>
        )}
        <tbody {...listProps}>
          {parts.map((part) => {
            if ('gap' in part) return <Gap key={`gap ${part.gap}`} height={part.height} columns={columns.length} />;
            const row = shown[part.index];
            const key = keys[part.index];
            if (row === undefined || key === undefined) return null;
            return (
              <tr key={key} data-key={key} aria-rowindex={part.index + above + 1}>
                {cells(row)}
              </tr>
            );
          })}
        </tbody>
      </table>
      {shown.length === 0 && (
        <Text size="sm" p="sm">
          {words.noneFound}
        </Text>
      )}
      {foot}
    </div>
  );
}

const Gap = ({ height, columns }: { height: number; columns: number }) => (
  <tr className={classes.gap}>
    <td aria-hidden="true" colSpan={columns} style={{ height }} />
  </tr>
);

interface BoxProps {
  readonly name: string;
  readonly label: string;
  /** Its column, if there are several. */
  readonly column?: number;
  readonly isOn: boolean;
  readonly isDisabled?: boolean;
  /** The same function while the list is shown: a box is rendered again only when it changes itself. */
  readonly onTurn: (name: string, column: number) => void;
}

export const PickerBox = memo(function PickerBox({ name, label, column = 0, isOn, isDisabled = false, onTurn }: BoxProps) {
  return <Checkbox aria-label={label} checked={isOn} disabled={isDisabled} onChange={() => onTurn(name, column)} />;
});
