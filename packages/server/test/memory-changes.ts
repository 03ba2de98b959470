/** A list of changes in memory, as a store would keep it. */
import type { Change, ChangeDraft, ChangesStore, ListPlace, Seen } from '../src/core/revocations/change.ts';

export interface MemoryList {
  epoch: string;
  list: Change[];
  /** May throw, as an unreachable database does; counts the reads too. */
  onRead?: () => void;
  moved?: boolean;
  /** While it is set, a read waits for it. */
  hang?: PromiseWithResolvers<void> | null;
  /** How many audit events there are. */
  events?: number;
}

export function memoryChanges(state: MemoryList): ChangesStore & {
  append(kind: ChangeDraft['kind'], id: string, beforeMs?: number | null): Change;
  commitHere(change: Change): void;
  readonly hints: ReadonlySet<() => void>;
} {
  const committed: ((changes: readonly Change[]) => void)[] = [];
  const hints = new Set<() => void>();
  const read = async (): Promise<void> => {
    await Promise.resolve();
    state.onRead?.();
    await state.hang?.promise;
  };
  const end = (): number => state.list.at(-1)?.number ?? 0;
  const seen = (number: number): Seen => {
    const change = state.list.find((each) => each.number === number);
    return { number, mark: change === undefined ? null : JSON.stringify(change) };
  };
  const place = (): ListPlace => ({
    ...{ epoch: state.epoch, change: seen(end()) },
    event: { number: state.events ?? 0, mark: state.events === undefined ? null : 'event' },
  });
  const after = (number: number, limit = Number.POSITIVE_INFINITY): Change[] =>
    state.list.filter((change) => change.number > number).slice(0, limit);
  return {
    async place() {
      await read();
      return place();
    },
    async pageAfter({ change, event }, limit) {
      await read();
      const changes = after(change.number, limit);
      const last = changes.at(-1);
      const isThere = event.number <= (state.events ?? 0);
      return {
        ...{ end: place(), changes, last: last === undefined ? null : seen(last.number) },
        start: { change: seen(change.number), event: { number: event.number, mark: isThere ? event.mark : null } },
      };
    },
    async renewEpoch({ from }) {
      await read();
      if (state.epoch === from) state.epoch = `${from}+`;
    },
    async changesAfter(from, limit) {
      await read();
      return after(from, limit);
    },
    async activeRevocations(_, page) {
      await read();
      const part = after(page?.after ?? 0, page?.limit);
      const next = page !== undefined && part.length === page.limit ? (part.at(-1)?.number ?? null) : null;
      return { position: end(), revocations: part.filter(({ beforeMs }) => beforeMs !== null), next };
    },
    mayHaveMoved: () => state.moved ?? true,
    onHint: (listener) => {
      hints.add(listener);
      return () => void hints.delete(listener);
    },
    onCommitted: (listener) => void committed.push(listener),
    beforeOthersAnswer: () => {},
    sweepChanges: async () => false,
    append: (kind, id, beforeMs = null) => {
      const change = { number: end() + 1, kind, id, beforeMs, endsAtMs: null };
      state.list.push(change);
      return change;
    },
    commitHere: (change) => {
      for (const listener of committed) listener([change]);
    },
    hints,
  };
}
