/** The server audit log, with the latest hash of its chain. */

import { Alert, Button, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Api } from 'keyhouse/dashboard-api';
import { useState } from 'react';
import { AdministratorsOnly } from '../kit/administrators-only.tsx';
import { CopyButton } from '../kit/copy.tsx';
import { FormError } from '../kit/errors.tsx';
import { useForm } from '../kit/form.ts';
import { useFormat } from '../kit/format.ts';
import shared from '../kit/shared.module.css';
import { Loaded, PageHeader } from '../kit/states.tsx';
import { ask } from '../lib/ask.ts';
import { AuditLog } from './AuditLog.tsx';
import classes from './audit.module.css';
import { Export } from './Export.tsx';
import { AUDIT } from './queries.ts';
import { words } from './words.ts';

export const ServerAuditPage = () => (
  <AdministratorsOnly>
    <Stack gap="lg">
      <PageHeader title={words.wholeTitle} intro={words.wholeIntro}>
        <Export log={null} />
      </PageHeader>
      <Chain />
      <AuditLog log={null} />
    </Stack>
  </AdministratorsOnly>
);

type Verdict = Api['POST /operator/audit/verify']['answer'];

function Chain() {
  const format = useFormat();
  const head = useQuery({
    queryKey: [...AUDIT, 'head'],
    queryFn: async () => (await ask('GET /operator/audit', { query: { limit: '1' } })).head,
  });
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const verify = useForm(async () => {
    setVerdict(null);
    setVerdict(await ask('POST /operator/audit/verify'));
    void head.refetch();
  });
  return (
    <section className={classes.head} aria-label={words.head}>
      <div>
        <Text size="sm" fw={600}>
          {words.head}
        </Text>
        <Loaded query={head}>
          {({ number, hash }) => (
            <p className={shared.mono}>
              {number}:{hash}
            </p>
          )}
        </Loaded>
        <Text size="sm" c="dimmed">
          {words.headHint}
        </Text>
      </div>
      {head.data !== undefined && <CopyButton text={`${head.data.number}:${head.data.hash}`} />}
      <Button variant="default" loading={verify.isBusy} onClick={() => void verify.submit()}>
        {words.verify}
      </Button>
      <div
        role="status"
        aria-live="polite"
        style={verdict === null && !verify.isBusy ? { display: 'none' } : { flexBasis: '100%' }}
      >
        {verify.isBusy && words.verifying}
        {verdict !== null && (
          <Alert
            color={verdict.intact ? 'green' : 'red'}
            title={(verdict.intact ? words.intact : words.broken)(format.number(verdict.checked))}
          >
            {verdict.fault}
          </Alert>
        )}
      </div>
      <FormError error={verify.error} />
    </section>
  );
}
