/** The audit log of an account. */
import { Stack } from '@mantine/core';
import { OfAccount } from '../kit/of-account.tsx';
import { PageHeader } from '../kit/states.tsx';
import { AuditLog } from './AuditLog.tsx';
import { Export } from './Export.tsx';
import { words } from './words.ts';

export const AuditPage = () => (
  <OfAccount>
    {({ id }) => {
      const log = { account: String(id) };
      return (
        <Stack gap="lg">
          <PageHeader title={words.title} intro={words.intro}>
            <Export log={log} />
          </PageHeader>
          <AuditLog key={id} log={log} />
        </Stack>
      );
    }}
  </OfAccount>
);
