/** A list as a table, and as cards if its columns have no room. */

import { ActionIcon, Button, Center, Menu, VisuallyHidden } from '@mantine/core';
import { Ellipsis } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useRoom } from './room.ts';
import shared from './shared.module.css';
import classes from './table.module.css';
import { words } from './words.ts';

export interface Column<Row> {
  readonly label: string;
  readonly cell: (row: Row) => ReactNode;
  /**
   * `head`: what names the row. `long`: may break anywhere, such as an address or an id; `when`: may not break.
   * `menu`: a menu of what can be done; `actions`: buttons for it.
   */
  readonly kind?: 'head' | 'number' | 'long' | 'when' | 'actions' | 'menu';
}

interface Props<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
}

export function DataTable<Row>({ label, columns, rows, keyOf }: Props<Row>) {
  const hasMenu = columns.some(({ kind }) => kind === 'menu');
  const [box, hasRoom] = useRoom<HTMLDivElement>(roomFor(columns));
  return (
    <div ref={box}>
      <table className={classes.table} aria-label={label} {...(hasRoom ? {} : { 'data-cards': true })}>
        <thead>
          <tr>
            {columns.map(({ label: name, kind }) => (
              <th key={name} scope="col" className={kind === 'number' ? classes.number : undefined}>
                {kind === 'menu' || kind === 'actions' ? <span className={shared.hidden}>{name}</span> : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} {...(hasMenu ? { 'data-menu': true } : {})}>
              {columns.map(({ label: name, kind, cell }) =>
                kind === 'head' ? (
                  <th key={name} scope="row">
                    {cell(row)}
                  </th>
                ) : (
                  <td key={name} data-label={name} className={classOf(kind)}>
                    {cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** In rem, what a column needs to be readable; the padding included. */
const NEEDED = { head: 11, long: 13, when: 6.5, number: 4, actions: 6, menu: 3.5, other: 6.5 };

const roomFor = (columns: readonly { readonly kind?: Column<never>['kind'] }[]): number =>
  columns.reduce((sum, { kind }) => sum + NEEDED[kind ?? 'other'], 0);

const classOf = (kind: Column<never>['kind']): string | undefined =>
  kind === undefined || kind === 'head' ? undefined : classes[kind === 'menu' ? 'actions' : kind];

/** The three dots at the end of a row. */
export function RowMenu({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Menu position="bottom-end" withinPortal={false} withInitialFocusPlaceholder={false} returnFocus>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray">
          <Ellipsis size={18} aria-hidden="true" />
          <VisuallyHidden>{words.actionsFor(name)}</VisuallyHidden>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}

interface Pages {
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly fetchNextPage: () => unknown;
}

/** As many rows as people read before they prefer to search. */
const ROWS_AT_ONCE = 50;

/** The first rows of a list that is loaded already, and more on request: a browser takes seconds for a thousand rows. */
export function useFirstRows<Row>(rows: readonly Row[]): { readonly rows: readonly Row[]; readonly pages: Pages } {
  const [count, setCount] = useState(ROWS_AT_ONCE);
  const fetchNextPage = () => setCount((before) => before + ROWS_AT_ONCE);
  return { rows: rows.slice(0, count), pages: { hasNextPage: count < rows.length, isFetchingNextPage: false, fetchNextPage } };
}

/** At the end of a list that continues. */
export function More({ pages, label = words.more }: { pages: Pages; label?: string }) {
  if (!pages.hasNextPage) return null;
  return (
    <Center>
      <Button variant="default" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
        {label}
      </Button>
    </Center>
  );
}
