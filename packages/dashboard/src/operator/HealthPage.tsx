/** The state of the server that answers. */

import { Button, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { CircleAlert, CircleCheck, RefreshCw } from 'lucide-react';
import { AdministratorsOnly } from '../kit/administrators-only.tsx';
import { useFormat } from '../kit/format.ts';
import { Facts } from '../kit/section.tsx';
import { Loaded, PageHeader } from '../kit/states.tsx';
import { ask } from '../lib/ask.ts';
import { entryOf } from '../lib/entry-of.ts';
import classes from './operator.module.css';
import { words } from './words.ts';

const said = words.health;

export const HealthPage = () => (
  <AdministratorsOnly>
    <Health />
  </AdministratorsOnly>
);

function Health() {
  const format = useFormat();
  const query = useQuery({
    queryKey: ['operator', 'health'],
    queryFn: () => ask('GET /operator/health'),
    refetchInterval: 30_000,
  });
  return (
    <Stack gap="lg">
      <PageHeader title={said.title} intro={said.intro}>
        <Button
          variant="default"
          leftSection={<RefreshCw size={16} aria-hidden="true" />}
          loading={query.isFetching}
          onClick={() => void query.refetch()}
        >
          {said.again}
        </Button>
      </PageHeader>
      <Loaded query={query}>
        {({ version, database, started_at, checks }) => {
          const faults = checks.filter(({ ok }) => !ok).length;
          return (
            <>
              <Text role="status" fw={600} c={faults === 0 ? 'var(--kh-good)' : 'var(--kh-danger)'}>
                {faults === 0 ? said.well : said.notWell(faults)}
              </Text>
              <ul className={classes.checks} aria-label={said.list}>
                {checks.map(({ name, ok, detail }) => (
                  <li key={name} className={classes.check} {...(ok ? {} : { 'data-fault': true })}>
                    {ok ? <CircleCheck size={20} aria-label={said.ok} /> : <CircleAlert size={20} aria-label={said.fault} />}
                    <b>{entryOf(said.names, name) ?? name}</b>
                    <span>{detail}</span>
                  </li>
                ))}
              </ul>
              <Facts
                facts={[
                  [said.version, version],
                  [said.database, database],
                  [said.started, format.dateTime(started_at)],
                ]}
              />
            </>
          );
        }}
      </Loaded>
    </Stack>
  );
}
