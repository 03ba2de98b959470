/** Permissions grouped by resource. */
import { isReserved } from '@keyhouse/protocol';

export interface Grouped {
  readonly resource: string;
  readonly read: boolean;
  readonly write: boolean;
}

/** `invoices.read, invoices.write, crm.read` as two things to read out. `*` of everything; reserved names unchanged. */
export function groupByResource(names: readonly string[]): readonly Grouped[] {
  const groups = new Map<string, { read: boolean; write: boolean }>();
  for (const name of names) {
    const { resource, action } = splitPermission(name);
    const group = groups.get(resource) ?? { read: false, write: false };
    groups.set(resource, action === null ? { read: true, write: true } : { ...group, [action]: true });
  }
  return [...groups].map(([resource, group]) => ({ resource, ...group }));
}

/** `invoices.read` as a resource and an action; no action for `*` and for reserved names. */
export function splitPermission(name: string): { resource: string; action: 'read' | 'write' | null } {
  if (isReserved(name) || name === '*') return { resource: name, action: null };
  if (name.endsWith('.read')) return { resource: name.slice(0, -5), action: 'read' };
  if (name.endsWith('.write')) return { resource: name.slice(0, -6), action: 'write' };
  return { resource: name, action: null };
}
