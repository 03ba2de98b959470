/** Permissions as rows with a box in each column. */
import { PickerBox, PickerTable } from '../kit/picker-table.tsx';
import { useStable } from '../kit/stable.ts';
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
  /** The same array while its content does not change. */
  readonly entries: Catalogue;
  readonly columns: readonly Column[];
}

export function PermissionTable({ label, entries, columns }: Props) {
  const turn = useStable((name: string, column: number) => columns[column]?.onToggle(name));
  return (
    <PickerTable
      label={label}
      columns={[words.permission, ...columns.map((column) => column.label)]}
      rows={entries}
      keyOf={nameOf}
      textOf={textOf}
      cells={({ name, sentence, sensitive }) => (
        <>
          <th scope="row">
            {sentence} {sensitive && <Tag>{words.onlyVerified}</Tag>}
            <span className={classes.name}>{name}</span>
          </th>
          {columns.map(({ label: column, labelOf, isOn, isDisabled }, index) => (
            <td key={column}>
              <PickerBox
                name={name}
                column={index}
                label={labelOf(name)}
                isOn={isOn(name)}
                isDisabled={isDisabled?.(name) ?? false}
                onTurn={turn}
              />
            </td>
          ))}
        </>
      )}
    />
  );
}

const nameOf = ({ name }: Catalogue[number]): string => name;

const textOf = ({ name, sentence }: Catalogue[number]): string => `${name} ${sentence}`;
