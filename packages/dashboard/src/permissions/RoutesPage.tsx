/** The route patterns, edited as a whole: their order is significant. */

import { ActionIcon, Button, NativeSelect, Stack, TextInput, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery } from '@tanstack/react-query';
import type { Api } from 'keyhouse/dashboard-api';
import { ArrowDown, ArrowUp, GripVertical, Plus, Trash2 } from 'lucide-react';
import { type KeyboardEvent, memo, useMemo, useState } from 'react';
import { FormError, fieldErrorsOf } from '../kit/errors.tsx';
import { useForm } from '../kit/form.ts';
import { LeaveGuard } from '../kit/leave-guard.tsx';
import shared from '../kit/shared.module.css';
import { useStable } from '../kit/stable.ts';
import { EmptyState, Loaded, PageHeader } from '../kit/states.tsx';
import { useWindowed } from '../kit/windowed.ts';
import { ask } from '../lib/ask.ts';
import classes from './permissions.module.css';
import { TryRoute } from './TryRoute.tsx';
import { words } from './words.ts';

type Routes = Api['PUT /operator/routes']['body']['routes'];
type Access = 'permission' | 'public' | 'refused';
interface Row {
  readonly key: string;
  /** As it is typed, such as `GET, POST`; empty: every method. */
  readonly methods: string;
  readonly pattern: string;
  readonly access: Access;
  /** A permission if methods are named, else a resource. */
  readonly asked: string;
}

const KEY = ['operator', 'routes'] as const;

const ROW_HEIGHT = 53;
const keysOf = (rows: readonly Row[]): readonly string[] => rows.map(({ key }) => key);

export function RoutesPage() {
  // Never from the cache: what is saved replaces everything.
  const query = useQuery({
    queryKey: KEY,
    queryFn: () => ask('GET /operator/routes'),
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  return (
    <Stack gap="lg">
      <PageHeader title={words.routesTitle} intro={words.routesIntro} />
      <Loaded query={query}>{({ routes }) => <Editor routes={routes} />}</Loaded>
    </Stack>
  );
}

const toRow = ({ methods, pattern, resource, permission, refused }: Routes[number]): Row => ({
  key: crypto.randomUUID(),
  methods: methods?.join(', ') ?? '',
  pattern,
  access: refused === true ? 'refused' : resource === null && permission === null ? 'public' : 'permission',
  asked: permission ?? resource ?? '',
});
const toRoutes = (rows: readonly Row[]): Routes => rows.map(toRoute);

/** An imported document may bring thousands: the first that differs is enough. */
const areSaved = (rows: readonly Row[], saved: Routes): boolean =>
  rows.length === saved.length && rows.every((row, index) => isSame(toRoute(row), saved[index]));

const isSame = (one: Routes[number], other: Routes[number] | undefined): boolean =>
  one.pattern === other?.pattern &&
  one.resource === other.resource &&
  one.permission === other.permission &&
  (one.refused ?? false) === (other.refused ?? false) &&
  one.methods?.join() === other.methods?.join();

/** Null if none is named: every method. */
const methodsOf = (typed: string): string[] | null => typed.toUpperCase().match(/[^\s,]+/g);

function toRoute({ methods: typed, pattern, access, asked }: Row): Routes[number] {
  const methods = methodsOf(typed);
  const wanted = access === 'permission' ? asked.trim() : null;
  return {
    methods,
    pattern: pattern.trim(),
    resource: methods === null ? wanted : null,
    permission: methods === null ? null : wanted,
    refused: access === 'refused',
  };
}

type Faults = Readonly<Record<string, { readonly methods?: string; readonly pattern?: string; readonly asked?: string }>>;

function Editor({ routes }: { routes: Routes }) {
  const [before, setBefore] = useState(routes);
  const [rows, setRows] = useState<readonly Row[]>(() => routes.map(toRow));
  const [faults, setFaults] = useState<Faults>({});
  const [dragged, setDragged] = useState<string | null>(null);
  const [moved, setMoved] = useState('');
  const keys = useMemo(() => keysOf(rows), [rows]);
  const { parts, keep, listProps } = useWindowed<HTMLOListElement>(keys, ROW_HEIGHT);
  const isChanged = useMemo(() => !areSaved(rows, before), [rows, before]);

  const change = useStable((key: string, part: Partial<Row>) => {
    setRows(rows.map((row) => (row.key === key ? { ...row, ...part } : row)));
    if (key in faults) setFaults(({ [key]: _, ...rest }) => rest);
  });
  const remove = useStable((gone: string) => setRows(rows.filter(({ key }) => key !== gone)));
  const move = useStable((from: number, to: number) => {
    const row = rows[from];
    if (row === undefined || to < 0 || to >= rows.length || to === from) return;
    const others = rows.filter((_, index) => index !== from);
    setRows([...others.slice(0, to), row, ...others.slice(to)]);
    setMoved(words.moved(to + 1, rows.length));
  });
  const dragOver = useStable((index: number) =>
    move(
      rows.findIndex(({ key }) => key === dragged),
      index,
    ),
  );
  /** Its row may be far from the visible part. */
  const focusOn = (key: string, field: string) => {
    keep(key);
    requestAnimationFrame(() => listProps.ref.current?.querySelector<HTMLElement>(`[data-key="${key}"] ${field}`)?.focus());
  };
  const showFaults = (found: Faults) => {
    setFaults(found);
    const first = keys.find((key) => key in found);
    if (first !== undefined) focusOn(first, '[aria-invalid="true"]');
  };
  const add = () => {
    // The last: existing rules keep their meaning.
    const row = toRow({ methods: null, pattern: '', resource: '', permission: null });
    setRows([...rows, row]);
    focusOn(row.key, 'input[data-pattern]');
  };
  const save = useForm(async () => {
    const found = findFaults(rows);
    showFaults(found);
    if (Object.keys(found).length > 0) return;
    const wanted = toRoutes(rows);
    try {
      await ask('PUT /operator/routes', { body: { routes: wanted } });
    } catch (error) {
      showFaults(faultsOf(fieldErrorsOf(error), rows));
      throw error;
    }
    setBefore(wanted);
    setRows(
      rows.map((row, index) => {
        const saved = wanted[index];
        return saved === undefined ? row : { ...toRow(saved), key: row.key };
      }),
    );
    notifications.show({ message: words.routesSaved });
  });
  const count = Object.keys(faults).length;

  return (
    <Stack gap="lg">
      <form onSubmit={save.submit} className={classes.form}>
        <Stack gap="md">
          <div>
            <Button variant="default" leftSection={<Plus size={16} aria-hidden="true" />} onClick={add}>
              {words.addRoute}
            </Button>
          </div>
          {rows.length === 0 ? (
            <EmptyState title={words.routesEmpty}>{words.routesEmptyText}</EmptyState>
          ) : (
            <>
              <p className={shared.help}>
                {words.routesHelp} {words.keyboard}
              </p>
              <ol className={classes.routes} {...listProps} aria-label={words.routesList}>
                {parts.map((part) => {
                  if ('gap' in part) return <li key={`gap ${part.gap}`} aria-hidden="true" style={{ height: part.height }} />;
                  const row = rows[part.index];
                  return (
                    row !== undefined && (
                      <RouteFields
                        key={row.key}
                        row={row}
                        index={part.index}
                        count={rows.length}
                        faults={faults[row.key]}
                        isDragged={dragged === row.key}
                        onChange={change}
                        onMove={move}
                        onRemove={remove}
                        onDrag={setDragged}
                        onDragOver={dragOver}
                      />
                    )
                  );
                })}
              </ol>
            </>
          )}
          <span className={shared.hidden} aria-live="polite">
            {moved}
          </span>
          {rows.some(({ access }) => access === 'public') && <p className={shared.help}>{words.publicWarning}</p>}
          <FormError
            error={save.error}
            fields={Object.keys(fieldErrorsOf(save.error)).filter((field) => field.startsWith('routes.'))}
          />
          {(isChanged || count > 0) && (
            <div className={classes.bar}>
              <span className={classes.state} role="status">
                {count > 0 ? words.faults(count) : words.routesChanged}
              </span>
              <Button
                variant="default"
                onClick={() => {
                  setRows(before.map(toRow));
                  setFaults({});
                }}
              >
                {words.discard}
              </Button>
              <Button type="submit" loading={save.isBusy}>
                {words.save}
              </Button>
            </div>
          )}
        </Stack>
      </form>
      <section aria-labelledby="try-title" className={classes.try}>
        <Stack gap="sm">
          <Title order={2} size="h4" id="try-title">
            {words.tryTitle}
          </Title>
          <TryRoute isUnsaved={isChanged} />
        </Stack>
      </section>
      <LeaveGuard active={isChanged} title={words.leaveTitle} text={words.leaveText} />
    </Stack>
  );
}

interface RowProps {
  readonly row: Row;
  readonly index: number;
  readonly count: number;
  readonly faults: Faults[string] | undefined;
  readonly isDragged: boolean;
  readonly onChange: (key: string, part: Partial<Row>) => void;
  readonly onMove: (from: number, to: number) => void;
  readonly onRemove: (key: string) => void;
  readonly onDrag: (key: string | null) => void;
  readonly onDragOver: (index: number) => void;
}

/** Rendered again when it changes itself. */
const RouteFields = memo(function RouteFields(props: RowProps) {
  const { row, index, count, faults, isDragged, onDrag, onDragOver } = props;
  const onChange = (part: Partial<Row>) => props.onChange(row.key, part);
  const onMove = (to: number) => props.onMove(index, to);
  const number = index + 1;
  const hasMethods = methodsOf(row.methods) !== null;
  const onKeyDown = (event: KeyboardEvent) => {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    const field = event.target as HTMLElement;
    onMove(event.key === 'ArrowUp' ? index - 1 : index + 1);
    // The row keeps its element, and the browser may lose the focus of what was moved.
    requestAnimationFrame(() => field.focus());
  };
  return (
    <li
      className={classes.route}
      data-key={row.key}
      aria-setsize={count}
      aria-posinset={number}
      {...(isDragged ? { 'data-dragged': true } : {})}
      onKeyDown={onKeyDown}
      onDragOver={(event) => {
        event.preventDefault();
        onDragOver(index);
      }}
    >
      <span
        className={classes.handle}
        draggable
        title={words.drag}
        aria-hidden="true"
        onDragStart={(event) => {
          event.dataTransfer.effectAllowed = 'move';
          event.dataTransfer.setData('text/plain', row.pattern);
          onDrag(row.key);
        }}
        onDragEnd={() => onDrag(null)}
      >
        <GripVertical size={16} />
      </span>
      <TextInput
        className={classes.mono ?? ''}
        aria-label={words.methodsOf(number)}
        placeholder={words.anyMethod}
        spellCheck={false}
        maxLength={64}
        value={row.methods}
        error={faults?.methods}
        onChange={(event) => onChange({ methods: event.currentTarget.value })}
      />
      <TextInput
        className={`${classes.mono} ${classes.pattern}`}
        data-pattern
        aria-label={words.patternOf(number)}
        placeholder={words.patternPlaceholder}
        spellCheck={false}
        maxLength={512}
        value={row.pattern}
        error={faults?.pattern}
        onChange={(event) => onChange({ pattern: event.currentTarget.value })}
      />
      <NativeSelect
        aria-label={words.accessOf(number)}
        value={row.access}
        onChange={(event) => onChange({ access: accessOf(event.currentTarget.value) })}
        data={[
          { value: 'permission', label: words.needsPermission },
          { value: 'public', label: words.public },
          { value: 'refused', label: words.refused },
        ]}
      />
      {row.access !== 'permission' ? (
        <span />
      ) : (
        <TextInput
          className={classes.mono ?? ''}
          aria-label={hasMethods ? words.permissionFor(number) : words.resourceFor(number)}
          placeholder={hasMethods ? words.permissionPlaceholder : words.routePlaceholder}
          spellCheck={false}
          maxLength={128}
          value={row.asked}
          error={faults?.asked}
          onChange={(event) => onChange({ asked: event.currentTarget.value })}
        />
      )}
      <div className={classes.verbs}>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={words.up(number)}
          disabled={index === 0}
          onClick={() => onMove(index - 1)}
        >
          <ArrowUp size={16} aria-hidden="true" />
        </ActionIcon>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={words.down(number)}
          disabled={index === count - 1}
          onClick={() => onMove(index + 1)}
        >
          <ArrowDown size={16} aria-hidden="true" />
        </ActionIcon>
        <ActionIcon variant="subtle" color="gray" aria-label={words.removeRoute(number)} onClick={() => props.onRemove(row.key)}>
          <Trash2 size={16} aria-hidden="true" />
        </ActionIcon>
      </div>
    </li>
  );
});

const accessOf = (value: string): Access => (value === 'public' || value === 'refused' ? value : 'permission');

function findFaults(rows: readonly Row[]): Faults {
  const faults: Record<string, Faults[string]> = {};
  for (const { key, methods, pattern, access, asked } of rows) {
    if (pattern.trim() === '') faults[key] = { pattern: words.noPattern };
    else if (access === 'permission' && asked.trim() === '')
      faults[key] = { asked: methodsOf(methods) === null ? words.noRouteResource : words.noRoutePermission };
  }
  return faults;
}

function faultsOf(errors: Readonly<Record<string, string>>, rows: readonly Row[]): Faults {
  const faults: Record<string, Faults[string]> = {};
  for (const [field, sentence] of Object.entries(errors)) {
    const [, index, member] = /^routes\.(\d+)(?:\.(\w+))?$/.exec(field) ?? [];
    const row = rows[Number(index)];
    if (index !== undefined && row !== undefined) faults[row.key] = { ...faults[row.key], [fieldOf(member)]: sentence };
  }
  return faults;
}

/** What is wrong with the rule as a whole is shown where people look first. */
function fieldOf(member: string | undefined): 'methods' | 'pattern' | 'asked' {
  if (member === 'resource' || member === 'permission') return 'asked';
  return member === 'methods' ? member : 'pattern';
}
