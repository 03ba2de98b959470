/** The permission catalogue, edited as a whole. */

import { ActionIcon, Button, Group, Modal, NativeSelect, Stack, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { ClipboardPaste, Plus, Trash2 } from 'lucide-react';
import { memo, useMemo, useState } from 'react';
import { FormError, fieldErrorsOf } from '../kit/errors.tsx';
import { useForm } from '../kit/form.ts';
import { LeaveGuard } from '../kit/leave-guard.tsx';
import shared from '../kit/shared.module.css';
import { useStable } from '../kit/stable.ts';
import { EmptyState, Loaded, PageHeader } from '../kit/states.tsx';
import { useWindowed } from '../kit/windowed.ts';
import { ask } from '../lib/ask.ts';
import {
  ACTIONS,
  AUDIENCES,
  type Audience,
  type Catalogue,
  changesOf,
  emptyRow,
  paste,
  type Row,
  sorted,
  toCatalogue,
  toRows,
} from './catalogue.ts';
import classes from './permissions.module.css';
import { RemoveDialog } from './RemoveDialog.tsx';
import { words } from './words.ts';

const KEY = ['operator', 'catalogue'] as const;
/** What the forms for tokens and keys offer. */
const CHOICES = ['permissions'] as const;

export function CataloguePage() {
  // Never from the cache: what is saved replaces everything.
  const query = useQuery({
    queryKey: KEY,
    queryFn: () => ask('GET /permissions'),
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  return (
    <Stack gap="lg">
      <PageHeader title={words.title} intro={words.intro} />
      <Loaded query={query}>{({ permissions }) => <Editor catalogue={permissions} />}</Loaded>
    </Stack>
  );
}

/** By row, and by field within it. */
type Faults = Readonly<Record<string, Readonly<Record<string, string>>>>;

function Editor({ catalogue }: { catalogue: Catalogue }) {
  const queries = useQueryClient();
  // What was loaded or saved last; loading the list again in the meantime does not remove what was typed.
  const [before, setBefore] = useState(catalogue);
  const [rows, setRows] = useState<readonly Row[]>(() => toRows(catalogue));
  const [faults, setFaults] = useState<Faults>({});
  const [dialog, setDialog] = useState<'paste' | 'remove' | null>(null);
  const changes = useMemo(() => changesOf(before, toCatalogue(rows).catalogue), [before, rows]);
  const isChanged = changes.added.length + changes.changed.length + changes.gone.length > 0;

  const keys = useMemo(() => keysOf(rows), [rows]);
  const { parts, keep, listProps } = useWindowed<HTMLTableSectionElement>(keys, ROW_HEIGHT);

  const change = useStable((key: string, part: Partial<Row>) => {
    setRows(rows.map((row) => (row.key === key ? { ...row, ...part } : row)));
    if (key in faults) setFaults(({ [key]: _, ...rest }) => rest);
  });
  const show = (next: readonly Row[]) => {
    setRows(next);
    setFaults({});
  };
  const remove = useStable((gone: string) => show(rows.filter(({ key }) => key !== gone)));
  /** The fault may be far from the visible part. */
  const showFaults = (found: Faults) => {
    setFaults(found);
    const first = keys.find((key) => key in found);
    if (first === undefined) return;
    keep(first);
    requestAnimationFrame(() => listProps.ref.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  const put = async () => {
    const wanted = sorted(rows);
    const { catalogue: permissions, places } = toCatalogue(wanted);
    try {
      await ask('PUT /operator/permissions', { body: { permissions } });
    } catch (error) {
      showFaults(faultsOf(fieldErrorsOf(error), places));
      throw error;
    }
    setBefore(permissions);
    show(toRows(permissions));
    void queries.invalidateQueries({ queryKey: CHOICES });
    notifications.show({ message: words.saved });
  };
  const save = useForm(async () => {
    const found = findFaults(rows);
    showFaults(found);
    if (Object.keys(found).length > 0) return;
    if (changes.gone.length > 0) setDialog('remove');
    else await put();
  });
  const count = Object.keys(faults).length;

  return (
    <form onSubmit={save.submit} className={classes.form}>
      <Stack gap="md">
        <Group gap="xs">
          <Button
            variant="default"
            leftSection={<Plus size={16} aria-hidden="true" />}
            onClick={() => setRows([emptyRow(), ...rows])}
          >
            {words.add}
          </Button>
          <Button
            variant="default"
            leftSection={<ClipboardPaste size={16} aria-hidden="true" />}
            onClick={() => setDialog('paste')}
          >
            {words.paste}
          </Button>
        </Group>
        {rows.length === 0 ? (
          <EmptyState title={words.empty}>{words.emptyText}</EmptyState>
        ) : (
          <>
            <p className={shared.help}>
              {words.leaveOut} {words.audienceHint}
            </p>
            <table className={classes.grid} aria-label={words.list} aria-rowcount={rows.length + 1}>
              <thead>
                <tr aria-rowindex={1}>
                  <th scope="col" className={classes.narrow}>
                    {words.resource}
                  </th>
                  <th scope="col">{words.read}</th>
                  <th scope="col">{words.write}</th>
                  <th scope="col" className={classes.remove}>
                    <span className={shared.hidden}>{words.removeRow('')}</span>
                  </th>
                </tr>
              </thead>
              <tbody {...listProps}>
                {parts.map((part) => {
                  if ('gap' in part) return <Gap key={`gap ${part.gap}`} height={part.height} />;
                  const row = rows[part.index];
                  return (
                    row !== undefined && (
                      <RowFields
                        key={row.key}
                        row={row}
                        number={part.index + 1}
                        faults={faults[row.key] ?? NO_FAULTS}
                        onChange={change}
                        onRemove={remove}
                      />
                    )
                  );
                })}
              </tbody>
            </table>
          </>
        )}
        <FormError
          error={save.error}
          fields={Object.keys(fieldErrorsOf(save.error)).filter((field) => field.startsWith('permissions.'))}
        />
        {(isChanged || count > 0) && (
          <div className={classes.bar}>
            <span className={classes.state} role="status">
              {count > 0 ? words.faults(count) : words.changes(changes.added.length, changes.changed.length, changes.gone.length)}
            </span>
            <Button variant="default" onClick={() => show(toRows(before))}>
              {words.discard}
            </Button>
            <Button type="submit" loading={save.isBusy}>
              {words.save}
            </Button>
          </div>
        )}
      </Stack>
      {dialog === 'paste' && <Paste rows={rows} onClose={() => setDialog(null)} onRows={show} />}
      {dialog === 'remove' && (
        <RemoveDialog gone={changes.gone} isLast={rows.length === 0} onConfirm={put} onClose={() => setDialog(null)} />
      )}
      <LeaveGuard active={isChanged} title={words.leaveTitle} text={words.leaveText} />
    </form>
  );
}

const keysOf = (rows: readonly Row[]): readonly string[] => rows.map(({ key }) => key);
/** With an audience below each sentence. */
const ROW_HEIGHT = 83;
const NO_FAULTS: Faults[string] = {};

const Gap = ({ height }: { height: number }) => (
  <tr className={classes.gap}>
    <td aria-hidden="true" colSpan={4} style={{ height }} />
  </tr>
);

interface RowProps {
  readonly row: Row;
  readonly number: number;
  readonly faults: Readonly<Record<string, string>>;
  readonly onChange: (key: string, part: Partial<Row>) => void;
  readonly onRemove: (key: string) => void;
}

const LABELS = { read: words.readOf, write: words.writeOf } as const;
const PLACEHOLDERS = { read: words.readPlaceholder, write: words.writePlaceholder } as const;

/** Rendered again when it changes itself. */
const RowFields = memo(function RowFields({ row, number, faults, onChange: changeRow, onRemove }: RowProps) {
  const onChange = (part: Partial<Row>) => changeRow(row.key, part);
  const name = row.resource === '' ? words.resourceOf(number) : row.resource;
  return (
    <tr data-key={row.key} aria-rowindex={number + 1}>
      <td className={classes.narrow} data-label={words.resource}>
        <TextInput
          className={classes.mono ?? ''}
          aria-label={words.resourceOf(number)}
          placeholder={words.resourcePlaceholder}
          spellCheck={false}
          maxLength={123}
          value={row.resource}
          error={faults.resource}
          onChange={(event) => onChange({ resource: event.currentTarget.value })}
        />
      </td>
      {ACTIONS.map((action) => (
        <td key={action} data-label={words[action]}>
          <TextInput
            aria-label={LABELS[action](name)}
            placeholder={number === 1 ? PLACEHOLDERS[action] : ''}
            maxLength={200}
            value={row[action]}
            error={faults[action]}
            onChange={(event) => onChange({ [action]: event.currentTarget.value })}
          />
          {row[action].trim() !== '' && (
            <NativeSelect
              size="xs"
              mt={4}
              aria-label={words.audienceOf(`${name}.${action}`)}
              data={AUDIENCES.map((value) => ({ value, label: words.audiences[value] }))}
              value={row.audience[action]}
              error={faults[`${action}-audience`]}
              onChange={(event) => onChange({ audience: { ...row.audience, [action]: event.currentTarget.value as Audience } })}
            />
          )}
        </td>
      ))}
      <td className={classes.remove}>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={words.removeRow(name)} onClick={() => onRemove(row.key)}>
          <Trash2 size={16} aria-hidden="true" />
        </ActionIcon>
      </td>
    </tr>
  );
});

/** What can be checked without a request; the server judges the grammar of names. */
function findFaults(rows: readonly Row[]): Faults {
  const faults: Record<string, Record<string, string>> = {};
  const seen = new Set<string>();
  for (const { key, resource, read, write } of rows) {
    const name = resource.trim();
    if (name === '') faults[key] = { resource: words.noResource };
    else if (seen.has(name)) faults[key] = { resource: words.twice };
    else if (read.trim() === '' && write.trim() === '') faults[key] = { read: words.noSentence };
    seen.add(name);
  }
  return faults;
}

const FLAGS = new Set(['grantable', 'sensitive']);

/** `permissions.3.name` is a fault of the fourth entry that was sent. */
function faultsOf(errors: Readonly<Record<string, string>>, places: ReturnType<typeof toCatalogue>['places']): Faults {
  const faults: Record<string, Record<string, string>> = {};
  for (const [field, sentence] of Object.entries(errors)) {
    const [, index, member] = /^permissions\.(\d+)(?:\.(\w+))?$/.exec(field) ?? [];
    const place = places[Number(index)];
    if (index === undefined || place === undefined) continue;
    const at = member === 'sentence' ? place.action : FLAGS.has(member ?? '') ? `${place.action}-audience` : 'resource';
    faults[place.key] = { ...faults[place.key], [at]: sentence };
  }
  return faults;
}

function Paste({ rows, onClose, onRows }: { rows: readonly Row[]; onClose: () => void; onRows: (rows: readonly Row[]) => void }) {
  const [text, setText] = useState('');
  const [badLines, setBadLines] = useState<readonly number[]>([]);
  const add = () => {
    const pasted = paste(rows, text);
    if ('badLines' in pasted) return setBadLines(pasted.badLines);
    onRows(pasted.rows);
    onClose();
  };
  return (
    <Modal opened onClose={onClose} title={words.pasteTitle} size="lg" centered>
      <Stack>
        <Textarea
          label={words.pasteLabel}
          description={words.pasteHint}
          rows={10}
          spellCheck={false}
          data-autofocus
          value={text}
          error={badLines.length > 0 ? words.pasteFault(badLines) : undefined}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setBadLines([]);
          }}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {words.cancel}
          </Button>
          <Button onClick={add} disabled={text.trim() === ''}>
            {words.pasteSubmit}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
