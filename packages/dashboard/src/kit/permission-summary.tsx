/** A list of permissions in one line; the whole list in the title. */
import { Text, Tooltip } from '@mantine/core';
import { groupByResource } from './permission-groups.ts';
import { words } from './words.ts';

const MAX_SHOWN = 2;

export function PermissionSummary({ kind, permissions }: { kind: 'token' | 'key'; permissions: readonly string[] | null }) {
  if (permissions === null) return <Text size="sm">{words.allPermissions[kind]}</Text>;
  const lines = groupByResource(permissions).map(sentenceOf);
  const rest = lines.length - MAX_SHOWN;
  const shown = lines.slice(0, rest === 1 ? MAX_SHOWN + 1 : MAX_SHOWN);
  const text = (
    <Text size="sm" component="span" style={{ overflowWrap: 'anywhere' }}>
      {shown.join(' · ')}
      {rest > 1 && ` ${words.andMore(rest)}`}
    </Text>
  );
  if (rest <= 1) return text;
  return (
    <Tooltip label={permissions.join(', ')} multiline maw={360} events={{ hover: true, focus: true, touch: true }}>
      <span>{text}</span>
    </Tooltip>
  );
}

function sentenceOf({ resource, read, write }: { resource: string; read: boolean; write: boolean }): string {
  if (resource.startsWith('keyhouse.')) return resource;
  if (resource !== '*') return `${resource} (${words.access(read, write)})`;
  if (read && write) return words.everything;
  return read ? words.readEverything : words.writeEverything;
}
