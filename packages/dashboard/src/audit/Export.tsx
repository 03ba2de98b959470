/** What the filter finds, as a file. */
import { Button, Menu } from '@mantine/core';
import { Download } from 'lucide-react';
import { useFilter } from './AuditLog.tsx';
import { exportUrl, type Log } from './queries.ts';
import { words } from './words.ts';

export function Export({ log }: { log: Log }) {
  const filter = useFilter();
  return (
    <Menu position="bottom-end" withinPortal={false} returnFocus>
      <Menu.Target>
        <Button variant="default" leftSection={<Download size={16} aria-hidden="true" />}>
          {words.export}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{words.exportHint}</Menu.Label>
        <Menu.Item component="a" href={exportUrl(log, filter, 'csv')} download>
          {words.exportCsv}
        </Menu.Item>
        <Menu.Item component="a" href={exportUrl(log, filter, 'jsonl')} download>
          {words.exportLines}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
